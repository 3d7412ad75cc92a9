import { request } from 'node:https';
import type { DecisionRecord } from '../../local-kms/index.ts';

/** Asks the local KMS why it decided as it did. */
export function fetchDecision(options: {
  readonly endpoint: string;
  readonly ca: string;
  readonly requestId: string;
}): Promise<DecisionRecord> {
  const url = new URL(`/_local/decisions/${options.requestId}`, options.endpoint);
  return new Promise((resolve, reject) => {
    const ask = request(url, { ca: options.ca, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => {
        if (response.statusCode === 200) resolve(JSON.parse(text) as DecisionRecord);
        else reject(new Error(`no decision ${options.requestId}: HTTP ${response.statusCode}`));
      });
    });
    ask.on('error', reject);
    ask.end();
  });
}
