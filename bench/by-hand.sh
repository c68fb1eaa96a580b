#!/usr/bin/env bash
# The reference scenario the way the tutorials do it, and then a look at each role: can the workload log in and get its secret?
set -euo pipefail
exec >/dev/null

# Identities, and the account with whose token Vault asks the cluster about others.
kubectl create namespace vault-auth
kubectl create namespace app
kubectl create namespace vault-secrets-operator-system
kubectl create serviceaccount vault-reviewer --namespace vault-auth
kubectl create serviceaccount exampleapp --namespace app
kubectl create serviceaccount vault-secrets-operator-controller-manager --namespace vault-secrets-operator-system
kubectl apply --filename - <<'YAML'
apiVersion: v1
kind: Secret
metadata:
  name: vault-reviewer-token
  namespace: vault-auth
  annotations:
    kubernetes.io/service-account.name: vault-reviewer
type: kubernetes.io/service-account-token
YAML
kubectl create clusterrolebinding vault-reviewer --clusterrole system:auth-delegator --serviceaccount vault-auth:vault-reviewer

host=$(kubectl config view --raw --minify --output 'jsonpath={.clusters[0].cluster.server}')
ca=$(kubectl config view --raw --minify --flatten --output 'jsonpath={.clusters[0].cluster.certificate-authority-data}' | base64 --decode)
until
  jwt=$(kubectl get secret vault-reviewer-token --namespace vault-auth --output 'jsonpath={.data.token}' | base64 --decode)
  [[ -n $jwt ]]
do :; done

bao auth enable -path=demo kubernetes
bao write auth/demo/config kubernetes_host="$host" kubernetes_ca_cert="$ca" token_reviewer_jwt="$jwt" disable_local_ca_jwt=true

bao policy write static - <<'HCL'
path "static/data/exampleapp/creds" { capabilities = ["read"] }
HCL
bao policy write dynamic - <<'HCL'
path "postgres/creds/exampleapp" { capabilities = ["read"] }
HCL
bao policy write transit - <<'HCL'
path "transit/encrypt/vso-client-cache" { capabilities = ["create", "update"] }
path "transit/decrypt/vso-client-cache" { capabilities = ["create", "update"] }
HCL

bao secrets enable -path=static -version=2 kv
bao secrets enable -path=postgres database
bao secrets enable -path=transit transit
bao kv put -mount=static exampleapp/creds username=app password="$(head -c 24 /dev/urandom | base64)"
bao write postgres/config/main plugin_name=postgresql-database-plugin allowed_roles=exampleapp \
  connection_url="postgresql://{{username}}:{{password}}@$POSTGRES/app" username=vault password="$PGPASSWORD"
bao write postgres/roles/exampleapp db_name=main default_ttl=1m max_ttl=10m \
  creation_statements="CREATE ROLE \"{{name}}\" WITH LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'; GRANT SELECT ON greetings TO \"{{name}}\";" \
  revocation_statements="REVOKE ALL ON greetings FROM \"{{name}}\"; DROP ROLE \"{{name}}\";"
bao write transit/keys/vso-client-cache type=aes256-gcm96 auto_rotate_period=720h

operator=vault-secrets-operator-controller-manager
bao write auth/demo/role/static bound_service_account_names=exampleapp bound_service_account_namespaces=app audience=vault token_policies=static token_ttl=1h
bao write auth/demo/role/dynamic bound_service_account_names=exampleapp bound_service_account_namespaces=app audience=vault token_policies=dynamic token_ttl=1h
bao write auth/demo/role/transit bound_service_account_names=$operator bound_service_account_namespaces=vault-secrets-operator-system audience=vault token_policies=transit token_ttl=1h

# Does it work? Three logins, three secrets.
login() { bao write -field=token auth/demo/login role="$1" jwt="$(kubectl create token "$3" --namespace "$2" --audience vault --duration 10m)"; }
VAULT_TOKEN=$(login static app exampleapp) bao kv get -mount=static exampleapp/creds
VAULT_TOKEN=$(login dynamic app exampleapp) bao read postgres/creds/exampleapp
VAULT_TOKEN=$(login transit vault-secrets-operator-system $operator) bao write transit/encrypt/vso-client-cache plaintext=aGVsbG8=
