/**
 * What proxies and databases in front of and behind a service say in its place, whichever service it is.
 */

/**
 * Statuses by which a proxy says that somebody gave up waiting: the call was passed on and may have had its effect, although they look like
 * refusals. 408: RFC 9110, 15.5.9; 460: AWS's load balancers; 499: nginx.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html
 * https://github.com/nginx/nginx/blob/master/src/http/ngx_http_request.h
 */
export const gaveUpStatuses: ReadonlySet<number> = new Set([408, 460, 499])

/**
 * A Galera cluster that takes no statements now, or has undone the transaction: MySQL's errors 1047 and 1213, as services print or wrap them.
 * https://galeracluster.com/documentation/unable-to-execute-command.html
 */
export const galeraSentence = /WSREP (?:has not yet prepared|detected deadlock)|wsrep aborted transaction/i
