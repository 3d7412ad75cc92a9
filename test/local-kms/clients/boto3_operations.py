"""boto3 on every operation of a local KMS, refusals, paginators and retries included.

    boto3_operations.py ENDPOINT [CA_FILE]

Prints the operations that were called, as JSON; ends with an error at the first surprise.
"""

import datetime
import hashlib
import json
import ssl
import subprocess
import sys
import tempfile
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT = sys.argv[1]
CA = sys.argv[2] if len(sys.argv) > 2 else None
ROLE = 'arn:aws:iam::111122223333:role/Worker'
UNKNOWN = '00000000-0000-4000-8000-000000000000'
ARN = 'arn:aws:kms:us-east-1:111122223333:'


def client(region='us-east-1', attempts=1):
    kms = boto3.client(
        'kms',
        endpoint_url=ENDPOINT,
        verify=CA,
        region_name=region,
        aws_access_key_id='local',
        aws_secret_access_key='local',
        config=Config(retries={'mode': 'standard', 'total_max_attempts': attempts}),
    )
    kms.meta.events.register('before-call.kms', lambda model, **_: called.add(model.name))
    return kms


called = set()
kms = client()


def refused(name, message, operation, **request):
    """The call is refused by that exception, with that message if one is given."""
    try:
        operation(**request)
    except ClientError as error:
        answer = error.response
        assert answer['Error']['Code'] == name, (name, answer)
        text = answer['Error'].get('Message', '')
        assert message is None or text == message, (message, text)
        assert answer['ResponseMetadata']['HTTPStatusCode'] == 400, answer
        assert len(answer['ResponseMetadata']['RequestId']) == 36, answer
        modelled = getattr(kms.exceptions, name, None) if name in MODELLED else None
        assert modelled is None or isinstance(error, modelled), error
        return
    raise AssertionError(f'{operation.__name__} was not refused')


MODELLED = {shape.name for shape in kms.meta.service_model.error_shapes}


def create(**request):
    return kms.create_key(**request)['KeyMetadata']


def openssl(*arguments, stdin):
    return subprocess.run(['openssl', *arguments], input=stdin, capture_output=True, check=True).stdout


def keys():
    metadata = create(Description='one', Tags=[{'TagKey': 'a', 'TagValue': '1'}])
    key = metadata['KeyId']
    assert metadata['Arn'] == f'{ARN}key/{key}' and metadata['Enabled'], metadata
    assert isinstance(metadata['CreationDate'], datetime.datetime)
    assert kms.describe_key(KeyId=key)['KeyMetadata'] == metadata
    refused('NotFoundException', f"Key '{ARN}key/{UNKNOWN}' does not exist", kms.describe_key, KeyId=UNKNOWN)
    refused('NotFoundException', "Invalid keyId 'x'", kms.describe_key, KeyId='x')
    refused(
        'NotFoundException', 'Invalid arn eu-west-1', kms.describe_key,
        KeyId=metadata['Arn'].replace('us-east-1', 'eu-west-1'),
    )
    refused(
        'ValidationException', 'KeyUsage KEY_AGREEMENT is not compatible with KeySpec RSA_2048',
        kms.create_key, KeySpec='RSA_2048', KeyUsage='KEY_AGREEMENT',
    )
    kms.update_key_description(KeyId=key, Description='two')
    assert kms.describe_key(KeyId=key)['KeyMetadata']['Description'] == 'two'

    kms.tag_resource(KeyId=key, Tags=[{'TagKey': 'b', 'TagValue': '2'}])
    kms.untag_resource(KeyId=key, TagKeys=['a'])
    assert kms.list_resource_tags(KeyId=key)['Tags'] == [{'TagKey': 'b', 'TagValue': '2'}]
    refused(
        'TagException', 'Duplicate tag keys', kms.tag_resource,
        KeyId=key, Tags=[{'TagKey': 'c', 'TagValue': ''}] * 2,
    )

    kms.disable_key(KeyId=key)
    refused('DisabledException', f'{ARN}key/{key} is disabled.', kms.encrypt, KeyId=key, Plaintext=b'x')
    kms.enable_key(KeyId=key)
    scheduled = kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert scheduled['KeyState'] == 'PendingDeletion', scheduled
    refused('KMSInvalidStateException', None, kms.schedule_key_deletion, KeyId=key)
    assert kms.cancel_key_deletion(KeyId=key)['KeyId'] == f'{ARN}key/{key}'
    assert kms.describe_key(KeyId=key)['KeyMetadata']['KeyState'] == 'Disabled'

    multi = create(MultiRegion=True)['KeyId']
    replica = kms.replicate_key(KeyId=multi, ReplicaRegion='eu-west-1')['ReplicaKeyMetadata']
    assert replica['KeyId'] == multi and ':eu-west-1:' in replica['Arn'], replica
    blob = kms.encrypt(KeyId=multi, Plaintext=b'x')['CiphertextBlob']
    assert client('eu-west-1').decrypt(CiphertextBlob=blob)['Plaintext'] == b'x'
    kms.update_primary_region(KeyId=multi, PrimaryRegion='eu-west-1')
    refused(
        'UnsupportedOperationException', f'{ARN}key/{multi} is not a multi-region primary key.',
        kms.replicate_key, KeyId=multi, ReplicaRegion='eu-north-1',
    )


def aliases():
    one, two = create()['KeyId'], create()['KeyId']
    kms.create_alias(AliasName='alias/boto', TargetKeyId=one)
    refused('AlreadyExistsException', None, kms.create_alias, AliasName='alias/boto', TargetKeyId=two)
    kms.update_alias(AliasName='alias/boto', TargetKeyId=two)
    assert kms.describe_key(KeyId=f'{ARN}alias/boto')['KeyMetadata']['KeyId'] == two
    assert [a['AliasName'] for a in kms.list_aliases(KeyId=two)['Aliases']] == ['alias/boto']
    kms.delete_alias(AliasName='alias/boto')
    refused('NotFoundException', None, kms.delete_alias, AliasName='alias/boto')


def cryptography():
    key, other = create()['KeyId'], create()['KeyId']
    context = {'tenant': 'a', 'purpose': 'b'}
    blob = kms.encrypt(KeyId=key, Plaintext=b'x', EncryptionContext=context)['CiphertextBlob']
    reordered = dict(reversed(context.items()))
    answer = kms.decrypt(CiphertextBlob=blob, EncryptionContext=reordered)
    assert answer['Plaintext'] == b'x' and answer['KeyId'] == f'{ARN}key/{key}', answer
    refused('InvalidCiphertextException', '', kms.decrypt, CiphertextBlob=blob)
    refused(
        'IncorrectKeyException',
        'The key ID in the request does not identify a CMK that can perform this operation.',
        kms.decrypt, CiphertextBlob=blob, EncryptionContext=context, KeyId=other,
    )
    again = kms.re_encrypt(
        CiphertextBlob=blob, SourceEncryptionContext=context, DestinationKeyId=other
    )
    assert kms.decrypt(CiphertextBlob=again['CiphertextBlob'])['Plaintext'] == b'x'

    data = kms.generate_data_key(KeyId=key, KeySpec='AES_256')
    assert kms.decrypt(CiphertextBlob=data['CiphertextBlob'])['Plaintext'] == data['Plaintext']
    assert 'Plaintext' not in kms.generate_data_key_without_plaintext(KeyId=key, NumberOfBytes=24)
    refused(
        'DryRunOperationException', 'The request would have succeeded, but the DryRun option is set.',
        kms.generate_data_key, KeyId=key, KeySpec='AES_256', DryRun=True,
    )
    pair = kms.generate_data_key_pair(KeyId=key, KeyPairSpec='ECC_NIST_P256')
    private = kms.decrypt(CiphertextBlob=pair['PrivateKeyCiphertextBlob'])['Plaintext']
    assert private == pair['PrivateKeyPlaintext']
    sealed = kms.generate_data_key_pair_without_plaintext(KeyId=key, KeyPairSpec='RSA_2048')
    assert 'PrivateKeyPlaintext' not in sealed
    assert len(kms.generate_random(NumberOfBytes=33)['Plaintext']) == 33
    refused('ValidationException', 'NumberOfBytes is required.', kms.generate_random)

    agreement = create(KeySpec='ECC_NIST_P256', KeyUsage='KEY_AGREEMENT')['KeyId']
    derive = dict(KeyId=agreement, KeyAgreementAlgorithm='ECDH')
    answer = kms.derive_shared_secret(PublicKey=pair['PublicKey'], **derive)
    public = kms.get_public_key(KeyId=agreement)['PublicKey']
    with tempfile.TemporaryDirectory() as directory:
        for name, content in (('ours', private), ('theirs', public)):
            with open(f'{directory}/{name}', 'wb') as file:
                file.write(content)
        arguments = ['-inkey', f'{directory}/ours', '-keyform', 'DER']
        arguments += ['-peerkey', f'{directory}/theirs', '-peerform', 'DER']
        assert openssl('pkeyutl', '-derive', *arguments, stdin=b'') == answer['SharedSecret']
    refused('ValidationException', '', kms.derive_shared_secret, PublicKey=b'none', **derive)
    refused('UnsupportedOperationException', None, kms.get_public_key, KeyId=key)

    signing = create(KeySpec='RSA_2048', KeyUsage='SIGN_VERIFY')['KeyId']
    about = dict(KeyId=signing, SigningAlgorithm='RSASSA_PSS_SHA_256')
    signature = kms.sign(Message=b'm', **about)['Signature']
    digest = hashlib.sha256(b'm').digest()
    verified = kms.verify(Message=digest, MessageType='DIGEST', Signature=signature, **about)
    assert verified['SignatureValid'] is True
    refused('KMSInvalidSignatureException', '', kms.verify, Message=b'n', Signature=signature, **about)
    refused(
        'InvalidKeyUsageException',
        f'{ARN}key/{signing} key usage is SIGN_VERIFY which is not valid for Encrypt.',
        kms.encrypt, KeyId=signing, Plaintext=b'x',
    )

    about = dict(
        KeyId=create(KeySpec='HMAC_384', KeyUsage='GENERATE_VERIFY_MAC')['KeyId'],
        MacAlgorithm='HMAC_SHA_384',
    )
    mac = kms.generate_mac(Message=b'm', **about)['Mac']
    assert kms.verify_mac(Message=b'm', Mac=mac, **about)['MacValid'] is True
    refused('KMSInvalidMacException', '', kms.verify_mac, Message=b'n', Mac=mac, **about)


def policies_and_grants():
    key = create()['KeyId']
    assert kms.list_key_policies(KeyId=key)['PolicyNames'] == ['default']
    assert json.loads(kms.get_key_policy(KeyId=key)['Policy'])['Id'] == 'key-default-1'
    everything = {'Effect': 'Allow', 'Principal': '*', 'Action': 'kms:*', 'Resource': '*'}
    policy = json.dumps({'Version': '2012-10-17', 'Statement': [everything]})
    kms.put_key_policy(KeyId=key, PolicyName='default', Policy=policy)
    assert json.loads(kms.get_key_policy(KeyId=key)['Policy']) == json.loads(policy)
    refused('MalformedPolicyDocumentException', None, kms.put_key_policy, KeyId=key, Policy='{}')
    forbidden = {**everything, 'Effect': 'Deny', 'Action': 'kms:Encrypt'}
    policy = json.dumps({'Version': '2012-10-17', 'Statement': [everything, forbidden]})
    kms.put_key_policy(KeyId=key, Policy=policy)
    refused(
        'AccessDeniedException',
        'User: arn:aws:iam::111122223333:root is not authorized to perform: kms:Encrypt on resource: '
        f'{ARN}key/{key} with an explicit deny in a resource-based policy',
        kms.encrypt, KeyId=key, Plaintext=b'x',
    )

    grant = dict(KeyId=key, GranteePrincipal=ROLE, RetiringPrincipal=ROLE, Operations=['Decrypt'])
    first = kms.create_grant(Name='one', **grant)
    assert kms.create_grant(Name='one', **grant)['GrantId'] == first['GrantId']
    second = kms.create_grant(**grant)
    listed = kms.list_grants(KeyId=key)['Grants']
    assert {g['GrantId'] for g in listed} == {first['GrantId'], second['GrantId']}, listed
    assert len(kms.list_retirable_grants(RetiringPrincipal=ROLE)['Grants']) == 2
    kms.retire_grant(GrantToken=first['GrantToken'])
    kms.revoke_grant(KeyId=key, GrantId=second['GrantId'])
    assert kms.list_grants(KeyId=key)['Grants'] == []
    refused('InvalidGrantTokenException', None, kms.retire_grant, GrantToken='none')


def material():
    key = create(Origin='EXTERNAL')
    assert key['KeyState'] == 'PendingImport' and 'CurrentKeyMaterialId' not in key, key
    key = key['KeyId']
    refused(
        'KMSInvalidStateException', f'{ARN}key/{key} is pending import.',
        kms.encrypt, KeyId=key, Plaintext=b'x',
    )
    parameters = kms.get_parameters_for_import(
        KeyId=key, WrappingAlgorithm='RSAES_OAEP_SHA_256', WrappingKeySpec='RSA_2048'
    )
    with tempfile.NamedTemporaryFile() as file:
        file.write(parameters['PublicKey'])
        file.flush()
        arguments = ['-encrypt', '-pubin', '-keyform', 'DER', '-inkey', file.name]
        for option in ('rsa_padding_mode:oaep', 'rsa_oaep_md:sha256', 'rsa_mgf1_md:sha256'):
            arguments += ['-pkeyopt', option]
        wrapped = openssl('pkeyutl', *arguments, stdin=bytes(range(32)))
    imported = dict(
        KeyId=key, ImportToken=parameters['ImportToken'], EncryptedKeyMaterial=wrapped
    )
    refused(
        'ValidationException',
        'A validTo date must be set if the ExpirationModel is KEY_MATERIAL_EXPIRES',
        kms.import_key_material, **imported,
    )
    tomorrow = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
    kms.import_key_material(ValidTo=tomorrow.replace(microsecond=0), **imported)
    described = kms.describe_key(KeyId=key)['KeyMetadata']
    assert described['ValidTo'] == tomorrow.replace(microsecond=0), described
    assert described['ExpirationModel'] == 'KEY_MATERIAL_EXPIRES'
    kms.delete_imported_key_material(KeyId=key)
    assert kms.describe_key(KeyId=key)['KeyMetadata']['KeyState'] == 'PendingImport'

    key = create()['KeyId']
    blob = kms.encrypt(KeyId=key, Plaintext=b'old')['CiphertextBlob']
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=180)
    status = kms.get_key_rotation_status(KeyId=key)
    assert status['KeyRotationEnabled'] and status['RotationPeriodInDays'] == 180, status
    kms.disable_key_rotation(KeyId=key)
    kms.rotate_key_on_demand(KeyId=key)
    rotations = kms.list_key_rotations(KeyId=key)['Rotations']
    assert [r['RotationType'] for r in rotations] == ['ON_DEMAND'], rotations
    assert kms.decrypt(CiphertextBlob=blob)['Plaintext'] == b'old'
    signing = create(KeySpec='ECC_NIST_P256', KeyUsage='SIGN_VERIFY')['KeyId']
    refused('UnsupportedOperationException', '', kms.rotate_key_on_demand, KeyId=signing)


def pages():
    created = {create()['KeyId'] for _ in range(5)}
    pages = list(kms.get_paginator('list_keys').paginate(PaginationConfig={'PageSize': 2}))
    assert all(len(page['Keys']) == 2 for page in pages[:-1])
    assert created <= {key['KeyId'] for page in pages for key in page['Keys']}

    key = next(iter(created))
    for index in range(5):
        kms.create_alias(AliasName=f'alias/page-{index}', TargetKeyId=key)
        kms.create_grant(KeyId=key, GranteePrincipal=ROLE, RetiringPrincipal=ROLE,
                         Operations=['Decrypt'], Name=f'page-{index}')
        kms.tag_resource(KeyId=key, Tags=[{'TagKey': f'page-{index}', 'TagValue': ''}])
        kms.rotate_key_on_demand(KeyId=key)
    for paginator, member, request in (
        ('list_aliases', 'Aliases', {'KeyId': key}),
        ('list_grants', 'Grants', {'KeyId': key}),
        ('list_retirable_grants', 'Grants', {'RetiringPrincipal': ROLE}),
        ('list_resource_tags', 'Tags', {'KeyId': key}),
        ('list_key_rotations', 'Rotations', {'KeyId': key}),
    ):
        pages = kms.get_paginator(paginator).paginate(PaginationConfig={'PageSize': 2}, **request)
        sizes = [len(page[member]) for page in pages]
        assert sizes == [2, 2, 1], (paginator, sizes)
    names = kms.get_paginator('list_key_policies').paginate(KeyId=key)
    assert [page['PolicyNames'] for page in names] == [['default']]


def set_faults(*faults):
    request = urllib.request.Request(
        f'{ENDPOINT}/_local/faults', method='PUT', data=json.dumps({'faults': faults}).encode()
    )
    context = ssl.create_default_context(cafile=CA) if CA else None
    urllib.request.urlopen(request, context=context).read()


def retries():
    patient = client(attempts=3)
    for fault in (
        {'kind': 'throttle', 'count': 2},
        {'kind': 'error', 'status': 503, 'count': 2},
        {'kind': 'drop', 'count': 2},
    ):
        set_faults({'operation': 'GenerateRandom', **fault})
        answer = patient.generate_random(NumberOfBytes=8)
        assert answer['ResponseMetadata']['RetryAttempts'] == 2, answer
    set_faults({'kind': 'throttle', 'operation': 'GenerateRandom'})
    refused('ThrottlingException', 'Rate exceeded', kms.generate_random, NumberOfBytes=8)
    set_faults()
    assert len(kms.generate_random(NumberOfBytes=8)['Plaintext']) == 8


for part in (keys, aliases, cryptography, policies_and_grants, material, pages, retries):
    part()
print(json.dumps(sorted(called)))
