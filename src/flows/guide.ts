import type { LabelledRows } from '../data/labelled-rows.js';
import type { GuidanceMethod } from '../flow/guidance.js';

/** How labelled rows guide sampling. */
export interface GuideSettings extends GuidanceMethod {
  /**
   * λ: by how much of the gradient of the mean cross-entropy coordinates move, or the rate of a
   * descent; 0 for none.
   */
  readonly strength: number;
  /** Most rows of one step; where there are more, the steps take turns in parts of them. */
  readonly rowsPerStep: number;
}

/** Labelled rows that guide sampling. */
export interface Guide extends GuideSettings {
  /** Raw features, in the order of the flow's feature names. */
  readonly data: LabelledRows;
}

/** What is told of a guide: all but its rows. */
export interface GuideRecord extends GuideSettings {
  readonly rows: number;
  /** Of features and labels. */
  readonly sha256: string;
}

/** Settings that a caller leaves out. */
export const GUIDE_DEFAULTS: GuideSettings = {
  form: 'end-point',
  schedule: 'constant',
  strength: 1,
  gradients: 1,
  rowsPerStep: 512,
};

/** The same of a descent: Adam's rate, which is that of a coordinate, and gradients of a step. */
export const DESCENT_DEFAULTS: GuideSettings = {
  ...GUIDE_DEFAULTS,
  form: 'descent',
  schedule: 'falling',
  strength: 0.03,
  gradients: 4,
};

/** Settings chosen by a caller; undefined for defaults. */
export type ChosenGuideSettings = {
  readonly [K in keyof GuideSettings]?: GuideSettings[K] | undefined;
};

/** A guide of these rows, with defaults for the settings that are left out. */
export function completeGuide(data: LabelledRows, chosen: ChosenGuideSettings): Guide {
  const usual = chosen.form === 'descent' ? DESCENT_DEFAULTS : GUIDE_DEFAULTS;
  return {
    data,
    form: chosen.form ?? usual.form,
    schedule: chosen.schedule ?? usual.schedule,
    strength: chosen.strength ?? usual.strength,
    gradients: chosen.gradients ?? usual.gradients,
    rowsPerStep: chosen.rowsPerStep ?? usual.rowsPerStep,
  };
}

/** The guide of a job; none where its strength is 0, since that is sampling without it. */
export function activeGuide({ guide }: { readonly guide?: Guide | undefined }): Guide | undefined {
  return guide?.strength === 0 ? undefined : guide;
}

export function guideRecord({ data, ...settings }: Guide): GuideRecord {
  const { form, schedule, strength, gradients, rowsPerStep } = settings;
  const { labels, sha256 } = data;
  return { rows: labels.length, sha256, form, schedule, strength, gradients, rowsPerStep };
}

/** The parts of a guide's rows that steps take turns in: as equal as they can be. */
export interface GuideParts {
  readonly parts: number;
  /** Rows of the largest. */
  readonly rows: number;
}

export function guideParts({ data, rowsPerStep }: Guide): GuideParts {
  const rows = data.labels.length;
  const parts = Math.ceil(rows / rowsPerStep);
  return { parts, rows: Math.ceil(rows / parts) };
}
