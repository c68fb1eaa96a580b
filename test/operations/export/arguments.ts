/**
 * What each resource takes, by the documentation of its provider: hashicorp/vault 5.8, hashicorp/kubernetes 2.36. A block
 * has a mapping of its own.
 */
export interface Documented {
  readonly [argument: string]: true | Documented
}

const of = (...names: readonly string[]): Record<string, true> =>
  Object.fromEntries(names.map((name) => [name, true as const]))

const META: Documented = {
  ...of('count', 'provider', 'depends_on'),
  lifecycle: of('prevent_destroy', 'ignore_changes'),
}

const metadata = of('name', 'namespace', 'labels', 'annotations')

const tune = of(
  'default_lease_ttl',
  'max_lease_ttl',
  'audit_non_hmac_request_keys',
  'audit_non_hmac_response_keys',
  'listing_visibility',
  'passthrough_request_headers',
  'allowed_response_headers',
  'token_type',
)

const token = of(
  'alias_metadata',
  'token_bound_cidrs',
  'token_explicit_max_ttl',
  'token_max_ttl',
  'token_no_default_policy',
  'token_num_uses',
  'token_period',
  'token_policies',
  'token_ttl',
  'token_type',
)

const DOCUMENTED: Readonly<Record<string, Documented>> = {
  kubernetes_namespace_v1: { metadata },
  kubernetes_service_account_v1: { ...of('automount_service_account_token'), metadata },
  kubernetes_secret_v1: { ...of('data', 'type', 'wait_for_service_account_token'), metadata },
  kubernetes_cluster_role_binding_v1: {
    metadata,
    role_ref: of('api_group', 'kind', 'name'),
    subject: of('api_group', 'kind', 'name', 'namespace'),
  },
  kubernetes_token_request_v1: {
    metadata: of('name', 'namespace'),
    spec: { ...of('audiences', 'expiration_seconds'), bound_object_ref: of('api_version', 'kind', 'name', 'uid') },
  },
  vault_auth_backend: {
    ...of('type', 'path', 'description', 'disable_remount', 'identity_token_key', 'local', 'namespace'),
    tune,
  },
  vault_kubernetes_auth_backend_config: of(
    'backend',
    'kubernetes_host',
    'kubernetes_ca_cert',
    'token_reviewer_jwt',
    'token_reviewer_jwt_wo',
    'token_reviewer_jwt_wo_version',
    'pem_keys',
    'issuer',
    'disable_iss_validation',
    'disable_local_ca_jwt',
    'use_annotations_as_alias_metadata',
  ),
  vault_kubernetes_auth_backend_role: {
    ...token,
    ...of(
      'backend',
      'role_name',
      'bound_service_account_names',
      'bound_service_account_namespaces',
      'bound_service_account_namespace_selector',
      'audience',
      'alias_name_source',
    ),
  },
  vault_jwt_auth_backend: {
    ...of(
      'path',
      'type',
      'description',
      'local',
      'oidc_discovery_url',
      'oidc_discovery_ca_pem',
      'jwks_url',
      'jwks_ca_pem',
      'jwt_validation_pubkeys',
      'bound_issuer',
      'jwt_supported_algs',
      'default_role',
      'provider_config',
    ),
    tune,
  },
  vault_jwt_auth_backend_role: {
    ...token,
    ...of(
      'backend',
      'role_name',
      'role_type',
      'bound_audiences',
      'bound_claims',
      'bound_claims_type',
      'bound_subject',
      'user_claim',
      'user_claim_json_pointer',
      'groups_claim',
      'claim_mappings',
      'clock_skew_leeway',
      'expiration_leeway',
      'not_before_leeway',
      'max_age',
      'oidc_scopes',
      'allowed_redirect_uris',
      'verbose_oidc_logging',
    ),
  },
  vault_policy: of('name', 'policy'),
  vault_mount: of(
    'path',
    'type',
    'description',
    'default_lease_ttl_seconds',
    'max_lease_ttl_seconds',
    'audit_non_hmac_request_keys',
    'audit_non_hmac_response_keys',
    'passthrough_request_headers',
    'allowed_response_headers',
    'listing_visibility',
    'local',
    'seal_wrap',
    'options',
    'plugin_version',
  ),
  vault_kv_secret_backend_v2: of('mount', 'max_versions', 'cas_required', 'delete_version_after'),
  vault_kv_secret_v2: of('mount', 'name', 'cas', 'options', 'disable_read', 'data_json_wo', 'data_json_wo_version'),
  vault_kv_secret: of('path', 'data_json'),
  vault_database_secret_backend_connection: {
    ...of('backend', 'name', 'plugin_name', 'plugin_version', 'verify_connection', 'allowed_roles'),
    ...of('root_rotation_statements', 'password_policy', 'data'),
    postgresql: of(
      'connection_url',
      'max_open_connections',
      'max_idle_connections',
      'max_connection_lifetime',
      'username',
      'password',
      'password_wo',
      'password_wo_version',
      'auth_type',
      'service_account_json',
      'username_template',
      'disable_escaping',
      'password_authentication',
      'private_key',
      'self_managed',
      'tls_ca',
      'tls_certificate',
    ),
  },
  vault_database_secret_backend_role: of(
    'backend',
    'name',
    'db_name',
    'creation_statements',
    'revocation_statements',
    'rollback_statements',
    'renew_statements',
    'default_ttl',
    'max_ttl',
    'credential_type',
    'credential_config',
  ),
  vault_database_secret_backend_static_role: of(
    'backend',
    'name',
    'db_name',
    'username',
    'rotation_period',
    'rotation_schedule',
    'rotation_window',
    'rotation_statements',
    'credential_type',
    'credential_config',
    'skip_import_rotation',
  ),
  vault_transit_secret_backend_key: of(
    'backend',
    'name',
    'type',
    'derived',
    'convergent_encryption',
    'exportable',
    'allow_plaintext_backup',
    'auto_rotate_period',
    'min_decryption_version',
    'min_encryption_version',
    'deletion_allowed',
    'key_size',
  ),
}

/** What a resource of this type takes; undefined: there is no such resource. */
export const documented = (type: string): Documented | undefined => {
  const own = DOCUMENTED[type]
  return own && { ...META, ...own }
}
