from tests.policies.parts import CLUSTER, NETWORK_ADDON, NODE_GROUP
from tests.policies.scenes import UNKNOWN, Declared, Twins

RESERVATION = Declared(
    "aws:ec2/capacityReservation:CapacityReservation",
    {
        "availabilityZone": "eu-central-1a",
        "instanceCount": 1,
        "instancePlatform": "Linux/UNIX",
        "instanceType": "p5.48xlarge",
        "endDateType": "limited",
        "endDate": "2026-12-31T23:59:59Z",
    },
)
BUDGET = Declared(
    "aws:budgets/budget:Budget",
    {
        "budgetType": "COST",
        "timeUnit": "MONTHLY",
        "limitAmount": "1000",
        "limitUnit": "USD",
        "notifications": [
            {
                "notificationType": "FORECASTED",
                "comparisonOperator": "GREATER_THAN",
                "threshold": 90,
                "thresholdType": "PERCENTAGE",
                "subscriberEmailAddresses": ["costs@example.com"],
            }
        ],
    },
)
FIRST = "notifications/0"

TWINS = {
    "bulkhead-eks-run-supported": Twins(
        good=(CLUSTER.but("version", "1.36"), NETWORK_ADDON),
        bad=(CLUSTER.but("version", "1.31"), NETWORK_ADDON),
        unknown=(CLUSTER.but("version", UNKNOWN), NETWORK_ADDON),
        more_good={"the newest": (CLUSTER, NETWORK_ADDON)},
    ),
    "bulkhead-eks-run-maintained-images": Twins(
        good=(NODE_GROUP,),
        bad=(NODE_GROUP.but("amiType", "AL2_x86_64"),),
        unknown=(NODE_GROUP.but("amiType", UNKNOWN),),
        more_good={
            "Bottlerocket": (NODE_GROUP.but("amiType", "BOTTLEROCKET_x86_64"),),
            "by default": (NODE_GROUP.without("amiType"),),
        },
    ),
    "bulkhead-eks-deny-ssh": Twins(
        good=(NODE_GROUP,),
        bad=(NODE_GROUP.but("remoteAccess", {"ec2SshKey": "operators"}),),
        settled=(NODE_GROUP.but("launchTemplate", {"id": UNKNOWN, "version": "1"}),),
        more_bad={"unknown key": (NODE_GROUP.but("remoteAccess", {"ec2SshKey": UNKNOWN}),)},
    ),
    "bulkhead-ec2-end-reservations": Twins(
        good=(RESERVATION,),
        bad=(RESERVATION.without("endDate").without("endDateType"),),
        unknown=(RESERVATION.but("endDateType", UNKNOWN),),
        settled=(RESERVATION.but("endDate", UNKNOWN),),
        more_bad={"unlimited": (RESERVATION.but("endDateType", "unlimited"),)},
    ),
    "bulkhead-budget-warn-ahead": Twins(
        good=(BUDGET,),
        bad=(BUDGET.but(f"{FIRST}/notificationType", "ACTUAL"),),
        unknown=(BUDGET.but(f"{FIRST}/notificationType", UNKNOWN),),
        settled=(
            BUDGET.without(f"{FIRST}/subscriberEmailAddresses").but(
                f"{FIRST}/subscriberSnsTopicArns", UNKNOWN
            ),
        ),
        more_bad={
            "to nobody": (BUDGET.without(f"{FIRST}/subscriberEmailAddresses"),),
            "none": (BUDGET.without("notifications"),),
        },
    ),
}
