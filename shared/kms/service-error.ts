const MAX_BODY_CHARACTERS = 65_536;

export interface KmsServiceErrorOptions {
  /** 400 unless stated: what every recorded refusal of the service has, whatever its model says. */
  readonly statusCode?: number;
  /** Of the answer that brought it. */
  readonly requestId?: string | undefined;
}

/**
 * An error as KMS puts it on the wire.
 *
 * `type` is the name without a namespace, for example `NotFoundException`. `wireMessage` is the
 * text that the client sees; some exceptions have none.
 */
export class KmsServiceError extends Error {
  readonly type: string;
  readonly statusCode: number;
  readonly wireMessage: string | undefined;
  /** Undefined for an error that has not been on the wire. */
  readonly requestId: string | undefined;

  constructor(type: string, wireMessage?: string, options: KmsServiceErrorOptions = {}) {
    super(wireMessage === undefined ? type : `${type}: ${wireMessage}`);
    this.name = 'KmsServiceError';
    this.type = type;
    this.statusCode = options.statusCode ?? 400;
    this.wireMessage = wireMessage;
    this.requestId = options.requestId;
  }
}

/** The JSON body of an error response, its message spelled as the service spells it for that type. */
export function encodeServiceError(error: KmsServiceError): string {
  const member = error.type === 'AccessDeniedException' ? 'Message' : 'message';
  return JSON.stringify({
    __type: error.type,
    ...(error.wireMessage === undefined ? {} : { [member]: error.wireMessage }),
  });
}

/**
 * Reads the body of an error response: either spelling of the message, or none, and a type with or
 * without a namespace.
 *
 * @returns undefined if the body is not an error of an AWS JSON service, such as a proxy's page.
 */
export function parseServiceError(
  statusCode: number,
  body: string,
  requestId?: string,
): KmsServiceError | undefined {
  const members = parseObject(body);
  const type = members?.get('__type');
  if (members === undefined || typeof type !== 'string') return undefined;
  const name = type.slice(type.indexOf('#') + 1);
  if (!/^[A-Za-z0-9]{1,128}$/.test(name)) return undefined;
  const message = members.get('message') ?? members.get('Message');
  return new KmsServiceError(name, typeof message === 'string' ? message : undefined, {
    statusCode,
    requestId,
  });
}

function parseObject(body: string): ReadonlyMap<string, unknown> | undefined {
  if (body.length > MAX_BODY_CHARACTERS) return undefined;
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? new Map(Object.entries(value)) : undefined;
  } catch {
    return undefined;
  }
}
