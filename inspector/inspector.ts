import { type CryptoEngine, createVerifier } from '../shared/attestation/index.ts';
import { type Expectations, type Problem, readExpectations } from './expectations.ts';
import { type Inspection, inspectSource, MAX_INPUT_BYTES, type Source } from './inspection.ts';
import {
  type Summary,
  summariseReport,
  summariseUnjudged,
  summariseUnreadable,
} from './summary.ts';
import { focusProblem, pageElement, readFields, showProblems } from './view/form.ts';
import { type Judgement, resultsView } from './view/results.ts';
import { listenForSources } from './view/source.ts';

export interface InspectorOptions {
  readonly engine: CryptoEngine;
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
}

/** Connects the page's form with decoding, judging and showing. */
export function startInspector(options: InspectorOptions): void {
  const inspector = new Inspector(options);
  listenForSources({
    give: (source) => inspector.open(source),
    refuse: (problem) => inspector.announce(problem),
    maxBytes: MAX_INPUT_BYTES,
  });
  const form = pageElement('inspector', HTMLFormElement);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void inspector.judge();
  });
  const expectations = pageElement('expectations', HTMLElement);
  expectations.addEventListener('input', () => inspector.withdrawVerdict());
  expectations.addEventListener('change', () => inspector.show());
}

class Inspector {
  readonly #options: InspectorOptions;
  #inspection: Inspection | undefined;
  #judgement: Judgement | undefined;
  /** Counts what changes the question, so that an answer that comes late is thrown away. */
  #question = 0;

  constructor(options: InspectorOptions) {
    this.#options = options;
  }

  open(source: Source | undefined): void {
    this.#ask();
    showProblems([]);
    this.#inspection =
      source === undefined ? undefined : inspectSource(source, this.#options.engine);
    const summary = this.show();
    this.announce(summary === undefined ? '' : `${summary.headline}. ${summary.sentence}`);
  }

  /** A verdict stands only for the expectations for which it was given. */
  withdrawVerdict(): void {
    const judged = this.#judgement !== undefined;
    this.#ask();
    showProblems([]);
    if (!judged) return;
    this.show();
    this.announce('The expectations have changed. The verdict is withdrawn.');
  }

  async judge(): Promise<void> {
    const question = this.#ask();
    const time = this.#options.now();
    const { judgement, problems } = readExpectations(readFields(), () => time);
    showProblems(problems);
    const [first] = problems;
    if (
      judgement === undefined ||
      this.#inspection === undefined ||
      !isJudgeable(this.#inspection)
    ) {
      this.show();
      this.#explainRefusal(first);
      return;
    }
    const verifier = createVerifier({
      engine: this.#options.engine,
      trustAnchors: judgement.trustAnchors,
    });
    const report = await verifier.verify(this.#inspection.bytes, judgement.policy);
    if (question !== this.#question) return;
    const historic = judgement.policy.clock.mode === 'historic';
    this.#judgement = { report, time: historic ? report.document?.timestamp : time };
    const summary = this.show();
    if (summary === undefined) return;
    this.announce([summary.headline, summary.sentence, ...summary.notes].join('. '));
    pageElement('verdict', HTMLElement).scrollIntoView({ block: 'nearest' });
  }

  /** Shows what is known now. Undefined if nothing is. */
  show(): Summary | undefined {
    const results = pageElement('results', HTMLElement);
    const inspection = this.#inspection;
    pageElement('empty', HTMLElement).hidden = inspection !== undefined;
    if (inspection === undefined) {
      results.replaceChildren();
      return undefined;
    }
    const expectations = readExpectations(readFields(), this.#options.now);
    const summary = this.#summarise(inspection, expectations);
    const judgement = this.#judgement;
    results.replaceChildren(...resultsView({ inspection, expectations, judgement, summary }));
    return summary;
  }

  announce(message: string): void {
    pageElement('announcement', HTMLElement).textContent = message;
  }

  #ask(): number {
    this.#judgement = undefined;
    this.#question += 1;
    return this.#question;
  }

  #explainRefusal(first: Problem | undefined): void {
    if (this.#inspection === undefined || !isJudgeable(this.#inspection)) {
      this.announce('Not judged: there is no document. Paste one or choose a file.');
      pageElement('document-text', HTMLElement).focus();
    } else if (first !== undefined) {
      this.announce(`Not judged. ${first.message}`);
      focusProblem(first);
    }
  }

  #summarise(inspection: Inspection, expectations: Expectations): Summary {
    if (this.#judgement !== undefined) {
      return summariseReport(this.#judgement.report, expectations);
    }
    if (inspection.problem !== undefined) return summariseUnreadable(inspection.problem);
    return summariseUnjudged(expectations.problems);
  }
}

/** Bytes that are no document are judged too: the report says which rule they break. */
function isJudgeable({ bytes, encoding, source }: Inspection): boolean {
  return bytes.length > 0 && (encoding !== 'raw' || source.fileName !== undefined);
}
