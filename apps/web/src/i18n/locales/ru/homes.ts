import type { Translated } from '../../texts.ts'
import type { homes as source } from '../en/homes.ts'

export const homes: Translated<typeof source> = {
  title: 'Моё жильё',
  menu: 'Жильё',
  lead: '{count} помещение | {count} помещения | {count} помещений',
  empty: 'Пока ничего нет',
  emptyText: 'Жильё появится здесь, как только управляющая компания вас добавит. Она знает вас по адресу {email}.',
  managedBy: 'Управляет {company}',
  place: '{complex}, дом {building}',
  since: 'С {date}',
  until: 'До {date}',
  share: 'Доля',
  area: 'Площадь',
  floor: 'Этаж',
  entrance: 'Подъезд',
  who: 'Кто здесь живёт',
  you: 'вы',
  types: {
    apartment: 'Квартира {number}',
    studio: 'Студия {number}',
    commercial: 'Нежилое помещение {number}',
    parking: 'Машиноместо {number}',
    storage: 'Кладовая {number}',
  },
}
