from bulkhead_policies.analyzer import serve
from bulkhead_policies.packs import PACKS

serve("bulkhead-cis-eks", PACKS["cis-eks"])
