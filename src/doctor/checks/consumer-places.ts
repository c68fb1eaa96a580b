/** Where an object says it, and how its path is written. */
export interface Place {
  readonly mount: string
  /** What stands before PATH. */
  readonly prefix: string
  readonly role: string
  readonly audience: string
}

/** Where each way says its path, its role and its audience. */
const PLACES: Readonly<Record<string, Place>> = {
  injector: {
    mount: 'the annotation vault.hashicorp.com/auth-path',
    prefix: 'auth/',
    role: 'the annotation vault.hashicorp.com/role',
    audience:
      'a projected volume with that audience, named by the annotation vault.hashicorp.com/agent-service-account-token-volume-name',
  },
  csi: {
    mount: 'parameters.vaultAuthMountPath of the SecretProviderClass',
    prefix: '',
    role: 'parameters.roleName of the SecretProviderClass',
    audience: 'parameters.audience of the SecretProviderClass',
  },
  vso: {
    mount: 'spec.mount of the VaultAuth',
    prefix: '',
    role: 'spec.kubernetes.role of the VaultAuth',
    audience: 'spec.kubernetes.audiences of the VaultAuth',
  },
  eso: {
    mount: 'spec.provider.vault.auth.kubernetes.mountPath',
    prefix: '',
    role: 'spec.provider.vault.auth.kubernetes.role',
    audience: 'spec.provider.vault.auth.kubernetes.serviceAccountRef.audiences',
  },
  'cert-manager': {
    mount: 'spec.vault.auth.kubernetes.mountPath',
    prefix: '/v1/auth/',
    role: 'spec.vault.auth.kubernetes.role',
    audience: 'spec.vault.auth.kubernetes.serviceAccountRef.audiences',
  },
}

const ELSE: Place = { mount: 'its auth path', prefix: '', role: 'its role', audience: 'its audience' }

export const placeOf = (way: string): Place => PLACES[way] ?? ELSE
