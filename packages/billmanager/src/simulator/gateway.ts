import type { SimRequest, SimResponse } from '@straylight/kit/simulator'
import type { Panel } from './call.ts'
import { escapeXml } from './element.ts'
import { creditPayment, paymentStatus, uncreditPayment } from './purse.ts'
import { readForm } from './request.ts'

/** The page of a payment gateway, where a client pays, or thinks better of it. */
export function gatewayPage(panel: Panel, request: SimRequest): SimResponse {
  const { world, daily } = panel
  const form = readForm(request).values
  const payment = world.store.get('payment', form.get('elid') ?? '')
  if (!payment) return page(404, 'There is no such payment.')
  const isOpen = payment.status === paymentStatus.new || payment.status === paymentStatus.inProgress
  const action = form.get('action')
  if (request.method === 'POST' && isOpen && (action === 'pay' || action === 'cancel')) {
    world.store.transaction(() => {
      if (action === 'pay') {
        creditPayment(world, payment, { externalId: `gateway-${payment.id}` })
        daily.resumeAfterPayment(payment.accountId)
      } else uncreditPayment(world, payment, paymentStatus.cancelled)
    })
    return page(200, action === 'pay' ? 'Paid. You may close this page.' : 'Cancelled. Nothing was paid.')
  }
  if (!isOpen) return page(200, payment.status === paymentStatus.credited ? 'This payment is paid.' : 'This payment is closed.')
  const sum = escapeXml(world.money(payment.amount, payment.currency))
  return page(
    200,
    `Payment ${escapeXml(payment.number)}: ${sum}`,
    `<form method="post"><input type="hidden" name="elid" value="${escapeXml(payment.id)}"><button name="action" value="pay">Pay ${sum}</button> <button name="action" value="cancel">Cancel</button></form>`,
  )
}

const page = (status: number, text: string, form = ''): SimResponse => ({
  status,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Simulated payment</title>
<style>:root{color-scheme:light dark;font:16px/24px system-ui,sans-serif}body{max-width:30rem;margin:4rem auto;padding:0 1rem}button{font:inherit;padding:6px 14px}</style>
<h1>Simulated payment</h1><p>${text}</p>${form}</html>`,
})
