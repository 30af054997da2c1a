export const homes = {
  title: 'My homes',
  menu: 'Home',
  lead: 'One home | {count} homes',
  empty: 'No homes yet',
  emptyText:
    'Your homes appear here as soon as your management company has added you to them. They know you by {email}.',
  managedBy: 'Managed by {company}',
  since: 'Since {date}',
  until: 'Until {date}',
  share: 'Share',
  area: 'Area',
  floor: 'Floor',
  entrance: 'Entrance',
  who: 'Who lives here',
  you: 'you',
  types: {
    apartment: 'Apartment {number}',
    studio: 'Studio {number}',
    commercial: 'Commercial unit {number}',
    parking: 'Parking place {number}',
    storage: 'Storage room {number}',
  },
}
