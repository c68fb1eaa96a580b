# What `icebreaker reviewer rotate` needs in Vault, for the auth mount auth/demo. Whoever may write the config of an auth
# mount, or roles on one, can make himself logins; so what may be written is limited to what a rotation writes:
# the address of the API server stays (change it here to yours), and no role gives a policy.

# The config is read and written whole: nothing of it but the token changes.
path "auth/demo/config" {
  capabilities = ["read", "update"]
  allowed_parameters = {
    "kubernetes_host" = ["https://kubernetes.default.svc"]
    "*"               = []
  }
}

# Proofs on the mount itself: a role that lets nobody in, and that is removed again.
path "auth/demo/role/icebreaker-scratch-*" {
  capabilities = ["create", "update", "delete"]
  allowed_parameters = {
    "bound_service_account_names"              = []
    "bound_service_account_namespace_selector" = []
    "token_no_default_policy"                  = []
    "token_num_uses"                           = []
    "token_ttl"                                = []
  }
}

# Proofs before the write: a mount of its own, with the same config and such a role. Those of killed runs are removed.
path "sys/auth" {
  capabilities = ["read"]
}

path "sys/auth/icebreaker-scratch-*" {
  capabilities = ["update", "delete", "sudo"]
  allowed_parameters = {
    "type"        = ["kubernetes"]
    "description" = []
  }
}

path "auth/icebreaker-scratch-*" {
  capabilities = ["create", "update"]
  allowed_parameters = {
    "kubernetes_host"                          = ["https://kubernetes.default.svc"]
    "kubernetes_ca_cert"                       = []
    "token_reviewer_jwt"                       = []
    "pem_keys"                                 = []
    "issuer"                                   = []
    "disable_iss_validation"                   = []
    "disable_local_ca_jwt"                     = []
    "use_annotations_as_alias_metadata"        = []
    "bound_service_account_names"              = []
    "bound_service_account_namespace_selector" = []
    "token_no_default_policy"                  = []
    "token_num_uses"                           = []
    "token_ttl"                                = []
  }
}
