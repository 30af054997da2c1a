export const settings = {
  title: 'Settings',
  ofCompany: 'Company settings',
  ofComplex: 'Settings of {name}',
  ofPlatform: 'Platform settings',
  companyLead: 'What your company decides holds in every complex that has not decided otherwise.',
  complexLead: 'What you decide here holds in this complex only.',
  platformLead: 'Holds for every company that has not decided otherwise.',
  company: 'Company',
  editCompany: 'Edit company',
  group: { invites: 'Invites for residents', claims: 'Requests for a home', security: 'Security', staff: 'Staff' },
  source: {
    default: 'Standard',
    platform: 'From the platform',
    company: 'From the company',
    complex: 'Decided for this complex',
    own: 'Decided here',
  },
  inheritAgain: 'Inherit again',
  inheritAgainOf: 'Inherit again: {name}',
  wouldBe: 'Would be: {value}',
  saved: '{name} saved',
  reset: '{name} is inherited again',
  noLimit: 'No limit',
  limit: 'Limit',
  yes: 'Yes',
  no: 'No',
  /** Beside a field. */
  inDays: 'days',
  days: '{count} day | {count} days',
  readOnly: 'You can look at these settings; the director changes them.',
  key: {
    invites: {
      ttlDays: 'An invite works for',
      maxActivePerUnit: 'Invites open at once per unit',
      familyByResidents: 'Residents may invite their family',
    },
    claims: {
      open: 'People may ask for a home without an invite',
    },
    security: {
      staffSecondFactor: 'Staff sign in with a second factor',
    },
    staff: {
      inviteTtlDays: 'An invite for staff works for',
    },
  },
  help: {
    invites: {
      ttlDays: 'In days, 1 to 90. Invites that are out keep their date.',
      maxActivePerUnit:
        'A new invite is refused while this many are open. Lowering the number ends none that is open: revoke those yourself.',
      familyByResidents: 'An owner or tenant sends the invite; you see it in the unit.',
    },
    claims: {
      open: 'They see only that the complex exists; somebody of you approves.',
    },
    security: {
      staffSecondFactor: 'Whoever has none sets it up at the next sign-in.',
    },
    staff: {
      inviteTtlDays: 'In days, 1 to 30.',
    },
  },
}
