from bulkhead_policies.analyzer import serve
from bulkhead_policies.packs import PACKS

serve("bulkhead-aws-fsbp", PACKS["aws-fsbp"])
