#!/usr/bin/env bash
# A secret shared with AWS KMS by elliptic-curve Diffie-Hellman: KMS derives it from its private key
# and our public key, openssl from our private key and KMS's public key, and both have the same.
#
#   ecdh.sh [ECC_NIST_P256 | ECC_NIST_P384 | ECC_NIST_P521]
#
# Needs the AWS CLI, openssl and credentials that may create keys. With AWS_ENDPOINT_URL_KMS it runs
# against a local KMS; without, against AWS, where a KMS key costs money until it is deleted.
set -euo pipefail

key_spec=${1:-ECC_NIST_P384}
case $key_spec in
  ECC_NIST_P256) curve=P-256 ;;
  ECC_NIST_P384) curve=P-384 ;;
  ECC_NIST_P521) curve=P-521 ;;
  *) echo "$key_spec is no curve that KMS agrees on keys with" >&2; exit 2 ;;
esac

work=$(mktemp -d)
alias_name=alias/walkthrough-ecdh-$$
key_id=
clean_up() {
  rm -rf "$work"
  if [ -n "$key_id" ]; then
    aws kms schedule-key-deletion --key-id "$key_id" --pending-window-in-days 7 >/dev/null
  fi
}
trap clean_up EXIT

# KMS's side: a key pair whose private key never leaves KMS, and a name for it.
key_id=$(aws kms create-key --key-spec "$key_spec" --key-usage KEY_AGREEMENT \
  --description 'ECDH walkthrough' --query KeyMetadata.KeyId --output text)
aws kms create-alias --alias-name "$alias_name" --target-key-id "$key_id"

# Our side: a key pair of the same curve.
openssl genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:$curve" -out "$work/ours.pem"
openssl pkey -in "$work/ours.pem" -pubout -outform DER -out "$work/ours.public.der"

# We take KMS's public key and derive.
aws kms get-public-key --key-id "$alias_name" --query PublicKey --output text |
  openssl base64 -d -A >"$work/kms.public.der"
openssl pkeyutl -derive -inkey "$work/ours.pem" \
  -peerkey "$work/kms.public.der" -peerform DER -out "$work/ours.secret"

# KMS takes our public key and derives.
aws kms derive-shared-secret --key-id "$alias_name" --key-agreement-algorithm ECDH \
  --public-key "fileb://$work/ours.public.der" --query SharedSecret --output text |
  openssl base64 -d -A >"$work/kms.secret"

cmp "$work/ours.secret" "$work/kms.secret"
echo "$key_spec: openssl and KMS derived the same $(wc -c <"$work/kms.secret" | tr -d ' ') bytes"
