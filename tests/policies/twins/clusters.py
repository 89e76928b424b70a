import json

from tests.policies.parts import CLUSTER, NETWORK_ADDON
from tests.policies.scenes import UNKNOWN, Twins

CREATOR = "accessConfig/bootstrapClusterCreatorAdminPermissions"

TWINS = {
    "bulkhead-eks-authenticate-by-api": Twins(
        good=(CLUSTER, NETWORK_ADDON),
        bad=(CLUSTER.but("accessConfig/authenticationMode", "API_AND_CONFIG_MAP"), NETWORK_ADDON),
        unknown=(CLUSTER.but("accessConfig/authenticationMode", UNKNOWN), NETWORK_ADDON),
        more_bad={
            "left out": (CLUSTER.without("accessConfig"), NETWORK_ADDON),
            "the creator administers": (CLUSTER.without(CREATOR), NETWORK_ADDON),
        },
    ),
    "bulkhead-eks-log-audit": Twins(
        good=(CLUSTER, NETWORK_ADDON),
        bad=(CLUSTER.but("enabledClusterLogTypes", ["api"]), NETWORK_ADDON),
        unknown=(CLUSTER.but("enabledClusterLogTypes", UNKNOWN), NETWORK_ADDON),
        more_bad={"left out": (CLUSTER.without("enabledClusterLogTypes"), NETWORK_ADDON)},
    ),
    "bulkhead-eks-enforce-network-policies": Twins(
        good=(CLUSTER, NETWORK_ADDON),
        bad=(CLUSTER,),
        unknown=(CLUSTER, NETWORK_ADDON.but("configurationValues", UNKNOWN)),
        settled=(
            CLUSTER.without("name"),
            NETWORK_ADDON.but("clusterName", UNKNOWN).depending(clusterName="cluster"),
        ),
        more_good={
            "Auto Mode": (CLUSTER.but("computeConfig/enabled", True),),
            "boolean": (
                CLUSTER,
                NETWORK_ADDON.but("configurationValues", json.dumps({"enableNetworkPolicy": True})),
            ),
        },
        more_bad={
            "not configured": (CLUSTER, NETWORK_ADDON.without("configurationValues")),
            "off": (
                CLUSTER,
                NETWORK_ADDON.but(
                    "configurationValues", json.dumps({"enableNetworkPolicy": "false"})
                ),
            ),
            "another add-on": (CLUSTER, NETWORK_ADDON.but("addonName", "coredns")),
        },
    ),
}
