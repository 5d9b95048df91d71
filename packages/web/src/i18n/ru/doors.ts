import { translationOf } from '../catalogue.ts'
import type english from '../en/doors.ts'

export default translationOf<typeof english>()({
  signInTitle: 'Вход',
  signInLead: 'Серверы, сети и счёт за них.',
  signIn: 'Войти',
  email: 'Почта',
  emailWrong: 'Это не адрес почты; он выглядит так: name@example.com',
  password: 'Пароль',
  passwordMissing: 'Введите пароль',
  ended: 'Сеанс закончился. После входа откроется то же место; введённое сохранено.',
  noAccount: 'Ещё нет учётной записи?',
  toSignUp: 'Открыть',
  signUpTitle: 'Новая учётная запись',
  signUpLead: 'Проект создаётся сразу. Пока сервер не работает, деньги не списываются.',
  signUp: 'Открыть учётную запись',
  name: 'Имя',
  nameHint: 'Человек или компания, как это должно стоять в счёте',
  nameMissing: 'Введите имя',
  newPassword: 'Пароль',
  passwordShort:
    'В пароле не меньше {min} знаков; {missing, plural, one {нужен ещё #} few {нужно ещё #} many {нужно ещё #} other {нужно ещё #}}',
  haveAccount: 'Учётная запись уже есть?',
  toSignIn: 'Войти',
  apiReference: 'Описание API',
})
