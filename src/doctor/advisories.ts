/** A published weakness of a server that matters for logins, identities, policies and tokens. */
export interface Advisory {
  /** CVE-YEAR-NUMBER. */
  readonly id: string
  /** What somebody may do with it, one sentence without a full stop. */
  readonly about: string
  readonly product: 'vault' | 'openbao'
  /** The first version that has it. */
  readonly from: string
  /** The first version that has it no more. */
  readonly fixed: string
  /** Corrections in earlier lines, each for its own line: `1.16.3`. */
  readonly backports?: readonly string[]
  /** The same in the Enterprise edition, where that has more of them. */
  readonly enterprise?: readonly string[]
  /** Only there. */
  readonly onlyEnterprise?: boolean
  readonly link: string
}

/**
 * Ranges as the vendors' CVE records have them (github.com/CVEProject/cvelistV5), and as OpenBao's release notes do; taken
 * in November 2026. What concerns other auth methods and engines, or denial of service alone, is left out.
 */
export const ADVISORIES: readonly Advisory[] = [
  {
    id: 'CVE-2026-89322',
    about: 'names in another spelling pass explicit deny rules of policies',
    product: 'vault',
    from: '0.0.1',
    fixed: '2.1.2',
    enterprise: ['1.21.12', '1.20.17', '1.19.23'],
    link: 'https://discuss.hashicorp.com/t/hcsec-2026-43-vault-inconsistent-acl-policy-evaluation-may-allow-bypass-of-deny-restrictions/77815',
  },
  {
    id: 'CVE-2026-105820',
    about: 'tokens with crafted policy names get the policies of other namespaces',
    product: 'vault',
    from: '0.0.1',
    fixed: '2.1.2',
    enterprise: ['1.21.12', '1.20.17', '1.19.23'],
    onlyEnterprise: true,
    link: 'https://www.cve.org/CVERecord?id=CVE-2026-105820',
  },
  {
    id: 'CVE-2026-3605',
    about: 'whoever has a glob on a KV version 2 engine may delete secrets outside of it',
    product: 'vault',
    from: '0.10.0',
    fixed: '2.0.0',
    enterprise: ['1.21.5', '1.20.10', '1.19.16'],
    link: 'https://discuss.hashicorp.com/t/hcsec-2026-05-vault-kvv2-metadata-and-secret-deletion-policy-bypass-denial-of-service/77342',
  },
  {
    id: 'CVE-2025-6000',
    about: 'whoever may write sys/audit may run code on the host, where a plug-in folder is set',
    product: 'vault',
    from: '0.8.0',
    fixed: '1.20.1',
    enterprise: ['1.19.7', '1.18.12', '1.16.23'],
    link: 'https://www.cve.org/CVERecord?id=CVE-2025-6000',
  },
  {
    id: 'CVE-2025-5999',
    about: 'whoever may write identities in the root namespace may become root',
    product: 'vault',
    from: '0.10.4',
    fixed: '1.20.0',
    enterprise: ['1.19.6', '1.18.11', '1.16.22'],
    link: 'https://discuss.hashicorp.com/t/hcsec-2025-13-vault-root-namespace-operator-may-elevate-token-privileges/76032',
  },
  {
    id: 'CVE-2024-5798',
    about: 'the auth method jwt takes tokens for another audience than its role says',
    product: 'vault',
    from: '0.11.0',
    fixed: '1.17.0',
    backports: ['1.16.3', '1.15.9'],
    link: 'https://pkg.go.dev/vuln/GO-2024-2921',
  },
  {
    id: 'CVE-2021-43998',
    about: 'templated policies are filled in with the wrong one of several aliases of an entity',
    product: 'vault',
    from: '0.11.0',
    fixed: '1.9.0',
    backports: ['1.8.5', '1.7.6'],
    link: 'https://github.com/advisories/GHSA-pfmw-vj74-ph8g',
  },
  {
    id: 'CVE-2026-115365',
    about: 'tokens with crafted policy names get the policies of other namespaces',
    product: 'openbao',
    from: '2.3.0',
    fixed: '2.6.3',
    link: 'https://www.cve.org/CVERecord?id=CVE-2026-115365',
  },
  {
    id: 'CVE-2026-63131',
    about: 'LIST with a slash at its end passes a deny rule',
    product: 'openbao',
    from: '2.0.0',
    fixed: '2.6.0',
    link: 'https://github.com/openbao/openbao/security/advisories/GHSA-xp3c-3jw3-4vcr',
  },
  {
    id: 'CVE-2026-40264',
    about: 'an administrator of one namespace may renew and revoke tokens of another by their accessors',
    product: 'openbao',
    from: '2.0.0',
    fixed: '2.5.3',
    link: 'https://openbao.org/docs/release-notes/2-5-0/',
  },
  {
    id: 'CVE-2026-3605',
    about: 'paths with . and .. lead around policies',
    product: 'openbao',
    from: '2.0.0',
    fixed: '2.5.3',
    link: 'https://openbao.org/docs/release-notes/2-5-0/',
  },
  {
    id: 'CVE-2025-64761',
    about: 'whoever may write identity groups in the root namespace may become root',
    product: 'openbao',
    from: '2.0.0',
    fixed: '2.4.4',
    link: 'https://github.com/openbao/openbao/security/advisories/GHSA-7ff4-jw48-3436',
  },
  {
    id: 'CVE-2025-54996',
    about: 'whoever may write identities in the root namespace may become root',
    product: 'openbao',
    from: '2.0.0',
    fixed: '2.3.2',
    link: 'https://github.com/openbao/openbao/security/advisories/GHSA-vf84-mxrq-crqc',
  },
]

/** Those that a version has, newest first as above; the empty list also where the version cannot be read. Pure. */
export function advisoriesFor(product: Advisory['product'], version: string): readonly Advisory[] {
  const numbers = numbersOf(version)
  if (numbers === undefined) return []
  const isEnterprise = /\+ent\b/.test(version)
  return ADVISORIES.filter(({ from, fixed, backports = [], enterprise = [], onlyEnterprise = false, ...rest }) => {
    if (rest.product !== product || (onlyEnterprise && !isEnterprise)) return false
    const corrected = [...backports, ...(isEnterprise ? enterprise : [])]
    return (
      !isBefore(numbers, from) && isBefore(numbers, fixed) && !corrected.some((other) => isCorrected(numbers, other))
    )
  })
}

type Numbers = readonly [major: number, minor: number, patch: number]

/** Of `1.21.0+ent`, `2.7.2`; a candidate of a release counts as that. */
function numbersOf(version: string): Numbers | undefined {
  const [, major, minor, patch] = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version) ?? []
  return major === undefined ? undefined : [Number(major), Number(minor), Number(patch)]
}

function isBefore(one: Numbers, other: string): boolean {
  const [major, minor, patch] = numbersOf(other) ?? [0, 0, 0]
  return (one[0] - major || one[1] - minor || one[2] - patch) < 0
}

/** By the correction of its own line. */
function isCorrected(one: Numbers, other: string): boolean {
  const [major, minor] = numbersOf(other) ?? []
  return one[0] === major && one[1] === minor && !isBefore(one, other)
}
