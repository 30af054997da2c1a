/** Closed lists of words, shared from the CHECK constraint to the form in the browser; no drizzle in this file. */

export const COMPANY_STATUSES = ['active', 'grace', 'blocked'] as const
export type CompanyStatus = (typeof COMPANY_STATUSES)[number]

export const UNIT_TYPES = ['apartment', 'studio', 'commercial', 'parking', 'storage'] as const
export type UnitType = (typeof UNIT_TYPES)[number]

export const RESIDENCY_KINDS = ['owner', 'tenant', 'family'] as const
export const VERIFIED_LEVELS = ['unverified', 'verified', 'owner_proved'] as const
export type ResidencyKind = (typeof RESIDENCY_KINDS)[number]

export const CLAIM_STATUSES = ['pending', 'approved', 'declined', 'withdrawn'] as const

export const IMPORT_KINDS = ['units', 'people'] as const
export const IMPORT_STATUSES = [
  'reading',
  'ready',
  'queued',
  'running',
  'done',
  'done_with_errors',
  'failed',
  'cancelled',
  'undoing',
  'undone',
] as const
/** `skipped`: a line that is no row of the list, such as a note. */
export const IMPORT_ROW_STATES = ['new', 'changed', 'unchanged', 'refused', 'skipped'] as const

export const EXPORT_KINDS = [
  'units',
  'people',
  'residencies',
  'invites',
  'complexes',
  'buildings',
  'staff',
  'audit',
] as const
export type ExportKind = (typeof EXPORT_KINDS)[number]
export const EXPORT_FORMATS = ['xlsx', 'csv'] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]
export const EXPORT_STATUSES = ['queued', 'running', 'done', 'failed', 'cancelled'] as const

export const PLATFORM_ROLES = ['platform_admin', 'platform_accountant'] as const
export const COMPANY_ROLES = ['director', 'accountant'] as const
export const COMPLEX_ROLES = ['complex_manager', 'technician', 'guard'] as const
export const STAFF_ROLES = [...COMPANY_ROLES, ...COMPLEX_ROLES] as const
export const GRANT_ROLES = [...PLATFORM_ROLES, ...STAFF_ROLES] as const
/** A resident is nobody's grant: it follows from a residency. */
export const ROLES = [...GRANT_ROLES, 'resident'] as const
export type PlatformRole = (typeof PLATFORM_ROLES)[number]
export type StaffRole = (typeof STAFF_ROLES)[number]
export type GrantRole = (typeof GRANT_ROLES)[number]
export type Role = (typeof ROLES)[number]

export const SPECIALISATIONS = [
  'plumber',
  'electrician',
  'heating',
  'lifts',
  'locksmith',
  'builder',
  'cleaner',
  'gardener',
  'security',
] as const
export type Specialisation = (typeof SPECIALISATIONS)[number]

export const USER_STATUSES = ['active', 'disabled'] as const

export const SESSION_DELIVERIES = ['cookie', 'body'] as const
export const REVOCATION_REASONS = [
  'logout',
  'logout_all',
  'revoked_by_user',
  'password_changed',
  'password_reset',
  'refresh_reuse',
  'evicted',
  'disabled',
  'email_verified',
  'email_changed',
  'factors_changed',
  'ended_by_staff',
  'erased',
] as const
export const TOKEN_PURPOSES = ['verify_email', 'reset_password', 'confirm_old_email', 'confirm_new_email'] as const
export type TokenPurpose = (typeof TOKEN_PURPOSES)[number]

export const PASSKEY_DEVICE_TYPES = ['singleDevice', 'multiDevice'] as const
/** What a WebAuthn ceremony is for; an answer to one is none to another. */
export const CEREMONY_PURPOSES = ['register', 'sign_in', 'second_factor', 'step_up'] as const
export type CeremonyPurpose = (typeof CEREMONY_PURPOSES)[number]

/** How far an API key or an impersonation reaches. */
export const ACCESS_LEVELS = ['read', 'write'] as const
export type AccessLevel = (typeof ACCESS_LEVELS)[number]

export const ACCOUNT_EXPORT_STATUSES = ['queued', 'running', 'done', 'failed'] as const

export const AUDIT_RESULTS = ['ok', 'denied', 'failed'] as const
