import type { Translated } from '../../texts.ts'
import type { dashboard as source } from '../en/dashboard.ts'

export const dashboard: Translated<typeof source> = {
  title: 'Сегодня',
  numbers: 'В цифрах',
  complexes: 'Комплексы',
  buildings: 'Дома',
  units: 'Помещения',
  residents: 'Жители',
  occupied: 'Заселённые помещения',
  occupiedOf: '{percent} из {total}',
  yourComplexes: 'Ваши комплексы',
  allComplexes: 'Все комплексы',
  recent: 'Последние жители',
  allResidents: 'Все жители',
  recentEmpty: 'Здесь будут люди, которых вы добавите в помещения.',
  start: 'Первые шаги',
  startHint: 'Три шага, около десяти минут.',
  step: {
    complex: 'Создайте первый комплекс',
    complexHelp: 'Название, адрес и часовой пояс.',
    complexAction: 'Создать комплекс',
    units: 'Загрузите его помещения',
    unitsHelp: 'Из таблицы, которую вы ведёте сейчас: дома и подъезды появятся сами.',
    unitsAction: 'Загрузить помещения',
    residents: 'Добавьте жителей',
    residentsHelp: 'Откройте помещение и укажите, чьё оно и кто в нём живёт.',
    residentsAction: 'Открыть помещения',
    done: 'Готово',
    todo: 'Предстоит',
  },
}
