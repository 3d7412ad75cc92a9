#!/usr/bin/env bash
# Encryption without AWS, decryption inside of AWS KMS: whoever has the public key of an RSA key of KMS
# encrypts with openssl, with no account and no connection, and only KMS can decrypt.
#
#   rsa-offline.sh [MESSAGE]
#
# Needs the AWS CLI, openssl and credentials that may create keys. With AWS_ENDPOINT_URL_KMS it runs
# against a local KMS; without, against AWS, where a KMS key costs money until it is deleted.
set -euo pipefail

message=${1:-Only KMS can read this.}

work=$(mktemp -d)
key_id=
clean_up() {
  rm -rf "$work"
  if [ -n "$key_id" ]; then
    aws kms schedule-key-deletion --key-id "$key_id" --pending-window-in-days 7 >/dev/null
  fi
}
trap clean_up EXIT

# Once, with credentials: a key pair whose private key never leaves KMS, and its public key as a file.
key_id=$(aws kms create-key --key-spec RSA_2048 --key-usage ENCRYPT_DECRYPT \
  --description 'RSA offline walkthrough' --query KeyMetadata.KeyId --output text)
aws kms get-public-key --key-id "$key_id" --query PublicKey --output text |
  openssl base64 -d -A >"$work/public.der"

# Anywhere, without credentials: RSAES-OAEP with SHA-256, for the label hash and for MGF1.
printf '%s' "$message" |
  openssl pkeyutl -encrypt -pubin -inkey "$work/public.der" -keyform DER \
    -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256 \
    -out "$work/ciphertext"

# Later, with credentials: for an asymmetric key, KMS must be told key and algorithm.
aws kms decrypt --key-id "$key_id" --encryption-algorithm RSAES_OAEP_SHA_256 \
  --ciphertext-blob "fileb://$work/ciphertext" --query Plaintext --output text |
  openssl base64 -d -A >"$work/plaintext"

printf '%s' "$message" | cmp - "$work/plaintext"
echo "KMS decrypted what openssl encrypted: $(cat "$work/plaintext")"
