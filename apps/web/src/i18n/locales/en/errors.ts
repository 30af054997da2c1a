import type { FailureReason } from '../../../errors.ts'

type SliceOf<R extends string> = R extends `${infer Slice}.${string}` ? Slice : never
type NameIn<R extends string, Slice extends string> = R extends `${Slice}.${infer Name}` ? Name : never

/** One text for every reason of the contract; the compiler asks for what is missing. */
export type ReasonTexts = {
  [Slice in SliceOf<FailureReason>]: Record<NameIn<FailureReason, Slice>, string>
}

export const errors: ReasonTexts = {
  client: {
    unreachable: 'servAI cannot be reached. Check your connection; nothing you typed is lost.',
  },
  request: {
    invalid: 'Some of the values cannot be used. Check the marked fields.',
    malformed: 'The request could not be read. Reload the page and try again.',
    too_large: 'This is too large to send.',
    unsupported_type: 'This kind of content cannot be sent here.',
    cross_site: 'This request came from another site and was refused.',
    batch_too_large: 'Too much at once. Reload the page and try again.',
    rate_limited: 'Too many attempts. Wait a few minutes and try again.',
    not_found: 'There is nothing at this address.',
    method_not_allowed: 'This cannot be done here.',
    timeout: 'This took too long. Try again in a moment.',
  },
  server: {
    unexpected: 'Something went wrong on our side. Try again; if it stays, tell us the request number.',
    busy: 'servAI is busy right now. Try again in a moment.',
    unavailable: 'servAI is not available right now. Try again in a moment.',
    shutting_down: 'servAI is restarting. Try again in a moment.',
  },
  auth: {
    unauthenticated: 'Sign in first.',
    invalid_credentials: 'The e-mail address or the password is wrong.',
    session_revoked: 'This session has ended. Sign in again.',
    session_expired: 'This session has expired. Sign in again.',
    session_not_found: 'This device is signed out already.',
    refresh_invalid: 'This session has ended. Sign in again.',
    email_not_verified: 'Confirm your e-mail address first.',
    forbidden: 'Your role does not include this. Ask the director of your company for access.',
    context_required: 'Choose the company you act for.',
    context_denied: 'You no longer act for this company. Choose another one or ask its director.',
    company_blocked:
      'This company is blocked: you can look, but nothing can be changed. Its director knows why and how to have it unblocked.',
    batch_refused: 'This cannot be done together with other things. Try again.',
    step_up_required: 'Prove once more that it is you: your last sign-in is over 15 minutes old.',
    second_factor_required: 'This company asks its staff for a second factor. Set one up under Security.',
    session_required: 'This is for a person who is signed in, not for an API key.',
    read_only: 'Nothing can be changed here: this access is for reading.',
    impersonating: 'This cannot be done in the name of somebody else. End the impersonation first.',
  },
  password: {
    too_short: 'This password is too short.',
    too_long: 'This password is too long.',
    common: 'Many people use this password. Choose another one.',
    contextual: 'This password contains your name, your address or our name. Choose another one.',
    predictable: 'This password is easy to guess. A few unrelated words make a good one.',
    unchanged: 'This is your present password. Choose a new one.',
  },
  verification: {
    token_invalid: 'This link no longer works. It may have expired or been replaced by a newer one.',
  },
  reset: {
    token_invalid: 'This link no longer works. It may have expired or been used already.',
  },
  staff: {
    member_not_found: 'There is no such colleague here, or they work in complexes that are not in your care.',
    grant_not_found: 'These rights have been taken away already.',
    invite_not_found: 'There is no such invite.',
    invite_invalid:
      'This invite is not valid any more. It may have been used, withdrawn or replaced by a newer one. Ask whoever invited you to send it again.',
    invite_open: 'This address has an open invite to this role already. Send that one again, or withdraw it first.',
    invite_other_address:
      'This invite is for another e-mail address. Sign in with the account of the address it was sent to.',
    above_own_rights: 'Your role does not allow to grant or take away this role here.',
    own_grant: 'Nobody can give rights to themselves. Ask another director.',
    last_director:
      'The company needs at least one director whose rights have no end date. Make somebody else director first.',
  },
  property: {
    company_not_found: 'There is no such company, or it was removed.',
    complex_not_found: 'There is no such complex, or it was removed.',
    building_not_found: 'There is no such building, or it was removed.',
    entrance_not_found: 'There is no such entrance, or it was removed.',
    unit_not_found: 'There is no such unit, or it was removed.',
    person_not_found: 'There is no such person, or they were removed.',
    residency_not_found: 'There is no such residency, or it was removed.',
    version_conflict: 'Somebody else changed this in the meantime. Look at their version, then save yours again.',
    name_taken: 'This name is taken. Choose another one.',
    number_taken: 'This number is taken in this building. Choose another one.',
    registration_taken: 'A company with this registration number exists already.',
    residency_overlaps: 'This person lives in this unit already.',
    shares_exceed_whole: 'Together the owners would have more than the whole unit.',
    share_not_allowed: 'Only owners have a share.',
    has_children: 'Remove what belongs to it first.',
    parent_removed: 'What it belongs to was removed. Restore that first.',
    unit_type_not_found: 'There is no such unit type, or it was removed.',
    unit_type_in_use: 'Units of this type exist. Give them another type first.',
    account_taken: 'Another person in your records already has this account.',
    two_accounts: 'Both people sign in with an account of their own, so they stay two.',
    same_person: 'Choose two different people.',
    homes_elsewhere: 'This person has homes outside your complexes. Ask a director to change the e-mail address.',
    entrance_of_other_building: 'This entrance belongs to another building.',
    invite_not_found: 'This invite does not exist, or you cannot see it.',
    claim_not_found: 'This request does not exist, or you cannot see it.',
  },
  invites: {
    token_invalid: 'This invite is not valid any more. Ask whoever gave it to you for a new one.',
    too_many_active: 'This unit has as many active invites as it may have. Revoke one first, or replace the oldest.',
    family_closed: 'In this complex only the management company invites. Ask them for a link.',
    not_active: 'This invite is not active any more. Create a new one.',
    person_without_email: 'No e-mail address of this person is known. Add one, or give them the link yourself.',
    too_many_units: 'These are too many units at once. Choose a building or an entrance.',
  },
  claims: {
    already_pending:
      'You have already asked for a home in this complex. Wait for the answer, or withdraw that request.',
    already_decided: 'This request has been decided or withdrawn in the meantime.',
  },
  exports: {
    not_found: 'There is no such export, or its file is more than a day old',
    too_large: 'This list is too long to be had at once. It is being prepared in the background.',
    too_many: 'Three of your exports are under way. Wait until one is finished.',
    rights_changed: 'Your rights have changed since this file was made. Export the list again.',
  },
  import: {
    unreadable: 'This file cannot be read. Save it again as XLSX or CSV.',
    unsupported_format: 'Only XLSX and CSV files can be imported.',
    too_large: 'This file is too large.',
    suspicious: 'This file is not an ordinary spreadsheet. Save it again as XLSX.',
    header_not_found: 'No row with column names was found. Name the columns in the first rows of the sheet.',
    too_many_rows: 'This file has too many rows. Split it and import the parts.',
    timeout: 'Reading the file took too long. Split it and import the parts.',
    too_many_columns: 'This file has more than 50 columns. Remove those that are not needed.',
    encrypted: 'This file is protected with a password. Save it without one.',
    macros: 'This file contains macros. Save it as a plain XLSX.',
    external_links: 'This file refers to other files. Save a copy with values only.',
    expired: 'The file was not read within a day. Upload it again.',
    not_found: 'There is no such import.',
    not_ready: 'The import has moved on in the meantime. Look at it again.',
    nothing_to_apply: 'No row of this file can be imported.',
    already_undone: 'This import has been undone already.',
    rows_gone: 'The rows of this import are no longer kept, so it cannot be undone.',
    changed_since: 'Somebody has changed what this import brought in, so it cannot be undone.',
  },
}
