import { execFileSync } from 'node:child_process';

/** The service model of KMS, as botocore has it: where AWS itself writes down every limit. */
export interface ServiceModel {
  readonly operations: Readonly<Record<string, { readonly input?: { readonly shape: string } }>>;
  readonly shapes: Readonly<Record<string, ModelShape>>;
}

export interface ModelShape {
  readonly type: string;
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: string;
  readonly enum?: readonly string[];
  readonly required?: readonly string[];
  readonly members?: Readonly<Record<string, { readonly shape: string }>>;
  readonly member?: { readonly shape: string };
}

const PRINT_MODEL = `
import json, botocore.loaders
print(json.dumps(botocore.loaders.create_loader().load_service_model('kms', 'service-2')))
`;

/**
 * The model of the botocore on this machine; undefined if there is none, or one that is older than
 * `DryRunModifiers`, the newest member that the local KMS has.
 */
export function readServiceModel(): ServiceModel | undefined {
  let text: string;
  try {
    const options = { encoding: 'utf8', maxBuffer: 1 << 26, stdio: 'pipe' } as const;
    text = execFileSync('python3', ['-c', PRINT_MODEL], options);
  } catch {
    return undefined;
  }
  const model = JSON.parse(text) as ServiceModel;
  return model.shapes.DryRunModifierList === undefined ? undefined : model;
}
