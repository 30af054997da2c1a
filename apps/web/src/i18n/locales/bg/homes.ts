import type { Translated } from '../../texts.ts'
import type { homes as source } from '../en/homes.ts'

export const homes: Translated<typeof source> = {
  title: 'Моите домове',
  menu: 'Дом',
  lead: '{count} дом | {count} дома',
  empty: 'Още няма домове',
  emptyText: 'Те ще се появят тук, щом управляващата фирма ви добави. Тя ви познава по {email}.',
  partial: 'Домовете при {company} не можаха да се заредят.',
  managedBy: 'Управлява {company}',
  since: 'От {date}',
  until: 'До {date}',
  share: 'Дял',
  area: 'Площ',
  floor: 'Етаж',
  entrance: 'Вход',
  verified: 'Живеене',
  who: 'Кой живее тук',
  you: 'вие',
  kinds: { owner: 'Собственик', tenant: 'Наемател', family: 'Член на семейството' },
  types: {
    apartment: 'Апартамент {number}',
    studio: 'Студио {number}',
    commercial: 'Помещение {number}',
    parking: 'Паркомясто {number}',
    storage: 'Склад {number}',
  },
  levels: { unverified: 'Още не е потвърдено', verified: 'Потвърдено', owner_proved: 'Собствеността е доказана' },
}
