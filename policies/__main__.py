from bulkhead_policies.analyzer import serve
from bulkhead_policies.packs import AI_PLATFORM

serve("bulkhead", AI_PLATFORM)
