import { parseShare } from '../units/share.ts'

export type TypedTerms = { kind: string; share: string; startsOn: string; endsOn: string }

/** What the schema takes; a share that cannot be read stays as it was typed, for the schema to refuse. */
export const termsInput = ({ kind, share, startsOn, endsOn }: TypedTerms) => ({
  kind,
  share: kind !== 'owner' || share.trim() === '' ? null : (parseShare(share) ?? share),
  startsOn,
  endsOn: endsOn || null,
})

export const TERMS_TEXTS = {
  share: { invalid_type: 'units.invalidShare', share_above_whole: 'units.invalidShare' },
  startsOn: { invalid_format: 'people.dateMissing' },
  endsOn: { ends_before_start: 'people.endsBeforeStart' },
} as const

export const TERMS_FIELDS = {
  'property.shares_exceed_whole': 'share',
  'property.share_not_allowed': 'share',
  'property.residency_overlaps': 'startsOn',
} as const
