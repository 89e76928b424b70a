"""The ceiling of answers: what a request may ask for is read in the proxy, before any server.

No policy of Envoy Gateway or Envoy AI Gateway compares a number in a request's body, nor asks for a
field; a Lua filter is their own way to do so (EnvoyExtensionPolicy). It runs behind Envoy AI
Gateway's processor, so tenant and model are those that the gateway itself has found.
"""

from collections.abc import Iterable
from typing import Any

from bulkhead.domain.inference import Route
from bulkhead.workloads.gateway_edge import GATEWAY, MODEL_HEADER, TENANT_HEADER
from bulkhead.workloads.gateway_policies import ASKED

ASKING = ("max_tokens", "max_completion_tokens", "max_output_tokens")
"""Fields in which a request names its tokens, in OpenAI's chat, completion and response APIs."""

TIMES = ("n", "best_of")
"""Fields in which it asks for several answers at once, each of so many tokens."""

# An error in a Lua filter lets the request through, so everything that reads a body is called
# protected and refuses on errors. Only the outermost object's fields are read. Names must be plain,
# and stand once: readers differ in what they make of others (Go's ignores case, some take the first
# of two), and nobody may show one number here and another to the server.
SCRIPT = f"""
local ASKING = {{ {", ".join(f'"{name}"' for name in ASKING)} }}
local TIMES = {{ {", ".join(f'"{name}"' for name in TIMES)} }}
local NEEDED = {{ {", ".join(f'["{path}"] = "{field}"' for path, field in ASKED.items())} }}

local function after_string(text, here)
  here = here + 1
  while true do
    local mark = string.find(text, '["\\\\]', here)
    if not mark then return nil end
    if string.byte(text, mark) == 34 then return mark + 1 end
    here = mark + 2
  end
end

local function after_value(text, here)
  local first = string.sub(text, here, here)
  if first == '"' then return after_string(text, here) end
  if first ~= "{{" and first ~= "[" then return string.find(text, "[%s,}}]", here) end
  local depth = 0
  repeat
    here = string.find(text, '["{{}}%[%]]', here)
    if not here then return nil end
    local mark = string.sub(text, here, here)
    if mark == '"' then
      here = after_string(text, here)
      if not here then return nil end
    else
      depth = depth + ((mark == "{{" or mark == "[") and 1 or -1)
      here = here + 1
    end
  until depth == 0
  return here
end

local function fields(text)
  local found = {{}}
  local _, here = string.find(text, "^%s*{{%s*")
  if not here then return nil end
  if string.find(text, "^}}%s*$", here + 1) then return found end
  while true do
    local _, stop, name = string.find(text, '^%s*"([a-z0-9_]+)"%s*:%s*', here + 1)
    if not name or found[name] then return nil end
    local value = stop + 1
    stop = after_value(text, value)
    if not stop or stop == value then return nil end
    found[name] = string.sub(text, value, stop - 1)
    if string.find(text, "^%s*}}%s*$", stop) then return found end
    _, here = string.find(text, "^%s*,", stop)
    if not here then return nil end
  end
end

local function largest(found, names)
  local most
  for _, name in ipairs(names) do
    local value = found[name]
    if value and value ~= "null" then
      if not string.find(value, "^%d+$") then return nil, name end
      most = math.max(most or 0, tonumber(value))
    end
  end
  return most
end

local function refusal(text, ceiling, path)
  local found = fields(text)
  if not found then return "the body is not one JSON object of plain, single fields" end
  local needed = NEEDED[string.match(path, "^[^?]*")]
  if needed and not string.find(found[needed] or "", '^["[]') then
    return needed .. " is missing, or neither a list nor a string"
  end
  local tokens, odd = largest(found, ASKING)
  local times, strange = largest(found, TIMES)
  if odd or strange then return (odd or strange) .. " is not a whole number" end
  if (tokens or ceiling) * math.max(times or 1, 1) > ceiling then
    return "at most " .. ceiling .. " tokens may be asked for, in all answers together"
  end
end

function envoy_on_request(handle)
  local tenant = handle:headers():get("{TENANT_HEADER}")
  local model = handle:headers():get("{MODEL_HEADER}")
  local ceiling = tenant and model and handle:filterContext():get(tenant .. "." .. model)
  if not ceiling then return end
  local body = handle:body()
  if not body then return end
  local path = handle:headers():get(":path")
  local fine, why = pcall(refusal, body:getBytes(0, body:length()), ceiling, path)
  if fine and not why then return end
  handle:respond(
    {{ [":status"] = "400", ["content-type"] = "application/json" }},
    '{{"error":{{"type":"invalid_request_error","message":"' ..
      (fine and why or "the body can't be read") .. '"}}}}'
  )
end
"""


def ceilings(routes: Iterable[Route]) -> dict[str, Any]:
    """Spec of the EnvoyExtensionPolicy: no request asks for more than its route's ceiling.

    One filter holds the ceilings of all routes: one for each route would be a filter more for every
    request of everybody.
    """
    return {
        "targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": GATEWAY}],
        "lua": [
            {
                "type": "Inline",
                "inline": SCRIPT,
                "filterContext": {route.name: route.limits.output_tokens for route in routes},
            }
        ],
    }
