"""boto3 as a program in an enclave has it: all that it knows of the endpoint is in its environment.

A line of JSON in is a call, a line of JSON out is how it ended.
"""

import base64
import json
import sys

import boto3
from botocore.exceptions import ClientError
from botocore import xform_name

BLOBS = set(json.loads(sys.argv[1]))
kms = boto3.client('kms')


def change(members, how):
    return {name: how(value) if name in BLOBS else value for name, value in members.items()}


def call(operation, members):
    try:
        output = getattr(kms, xform_name(operation))(**change(members, base64.b64decode))
    except ClientError as error:
        return {'error': error.response['Error']['Code'], 'message': error.response['Error']['Message']}
    del output['ResponseMetadata']
    return {'output': change(output, lambda value: base64.b64encode(value).decode())}


for line in sys.stdin:
    asked = json.loads(line)
    print(json.dumps(call(asked['operation'], asked['input']), default=str), flush=True)
