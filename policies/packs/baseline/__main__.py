from bulkhead_policies.analyzer import serve
from bulkhead_policies.packs import PACKS

serve("bulkhead-baseline", PACKS["baseline"])
