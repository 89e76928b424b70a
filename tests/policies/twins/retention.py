import dataclasses

from tests.policies.parts import LOG_GROUP, key, tags
from tests.policies.scenes import UNKNOWN, Twins

IN_PROD = key(environment="prod")
PROTECTED = dataclasses.replace(IN_PROD, protect=True)

TWINS = {
    "bulkhead-logs-retain-records": Twins(
        good=(LOG_GROUP,),
        bad=(LOG_GROUP.but("retentionInDays", 30),),
        unknown=(LOG_GROUP.but("retentionInDays", UNKNOWN),),
        more_good={"exact": (LOG_GROUP.but("retentionInDays", 90),)},
        more_bad={
            "forever": (LOG_GROUP.without("retentionInDays"),),
            "forever, told": (LOG_GROUP.but("retentionInDays", 0),),
            "regulated": (LOG_GROUP.but("tags", tags("regulated")),),
        },
    ),
    "bulkhead-data-protect-stores": Twins(
        good=(PROTECTED,),
        bad=(IN_PROD,),
        unknown=(IN_PROD.but("tags/bulkhead:environment", UNKNOWN),),
        more_good={"dev": (key(environment="dev"),)},
        more_bad={"staging": (key(environment="staging"),)},
    ),
}
