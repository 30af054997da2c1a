import type { Translated } from '../../texts.ts'
import type { dashboard as source } from '../en/dashboard.ts'

export const dashboard: Translated<typeof source> = {
  title: 'Днес',
  numbers: 'В числа',
  complexes: 'Комплекси',
  buildings: 'Сгради',
  units: 'Обекти',
  residents: 'Живущи',
  occupied: 'Обитавани обекти',
  occupiedOf: '{percent} от {total}',
  yourComplexes: 'Вашите комплекси',
  allComplexes: 'Всички комплекси',
  recent: 'Последни живущи',
  allResidents: 'Всички живущи',
  recentEmpty: 'Тук ще бъдат хората, които добавяте към обектите.',
  start: 'Първи стъпки',
  startHint: 'Три стъпки, около десет минути.',
  step: {
    complex: 'Създайте първия комплекс',
    complexHelp: 'Име, адрес и часова зона.',
    complexAction: 'Създай комплекс',
    units: 'Импортирайте обектите му',
    unitsHelp: 'От таблицата, която водите сега: сградите и входовете идват с нея.',
    unitsAction: 'Импортирай обекти',
    residents: 'Добавете живущите',
    residentsHelp: 'Отворете обект и посочете чий е и кой живее в него.',
    residentsAction: 'Към обектите',
    done: 'Готово',
    todo: 'Предстои',
  },
}
