import type { Translated } from '../../texts.ts'
import type { homes as source } from '../en/homes.ts'

export const homes: Translated<typeof source> = {
  title: 'Моите домове',
  menu: 'Дом',
  lead: '{count} дом | {count} дома',
  empty: 'Още няма домове',
  emptyText: 'Те ще се появят тук, щом управляващата фирма ви добави. Тя ви познава по {email}.',
  managedBy: 'Управлява {company}',
  place: '{complex}, сграда {building}',
  since: 'От {date}',
  until: 'До {date}',
  share: 'Дял',
  area: 'Площ',
  floor: 'Етаж',
  entrance: 'Вход',
  who: 'Кой живее тук',
  you: 'вие',
  types: {
    apartment: 'Апартамент {number}',
    studio: 'Студио {number}',
    commercial: 'Търговски обект {number}',
    parking: 'Паркомясто {number}',
    storage: 'Склад {number}',
  },
}
