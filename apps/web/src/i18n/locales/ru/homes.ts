import type { Translated } from '../../texts.ts'
import type { homes as source } from '../en/homes.ts'

export const homes: Translated<typeof source> = {
  title: 'Мои дома',
  menu: 'Дом',
  lead: '{count} дом | {count} дома | {count} домов',
  empty: 'Пока нет домов',
  emptyText: 'Они появятся здесь, как только управляющая компания вас добавит. Она знает вас по адресу {email}.',
  partial: 'Не удалось загрузить дома компании «{company}».',
  managedBy: 'Управляет {company}',
  since: 'С {date}',
  until: 'До {date}',
  share: 'Доля',
  area: 'Площадь',
  floor: 'Этаж',
  entrance: 'Подъезд',
  verified: 'Проживание',
  who: 'Кто здесь живёт',
  you: 'вы',
  kinds: { owner: 'Собственник', tenant: 'Арендатор', family: 'Член семьи' },
  types: {
    apartment: 'Квартира {number}',
    studio: 'Студия {number}',
    commercial: 'Помещение {number}',
    parking: 'Машиноместо {number}',
    storage: 'Кладовая {number}',
  },
  levels: { unverified: 'Ещё не подтверждено', verified: 'Подтверждено', owner_proved: 'Собственность подтверждена' },
}
