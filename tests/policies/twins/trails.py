from tests.policies.parts import KEY_ARN
from tests.policies.scenes import UNKNOWN, Declared, Twins

DATA = {
    "name": "objects",
    "fieldSelectors": [
        {"field": "eventCategory", "equals": ["Data"]},
        {"field": "resources.type", "equals": ["AWS::S3::Object"]},
    ],
}
TRAIL = Declared(
    "aws:cloudtrail/trail:Trail",
    {
        "s3BucketName": "trail",
        "isMultiRegionTrail": True,
        "enableLogFileValidation": True,
        "kmsKeyId": KEY_ARN,
        "advancedEventSelectors": [DATA],
    },
)
SIMPLE = TRAIL.without("advancedEventSelectors").but(
    "eventSelectors", [{"dataResources": [{"type": "AWS::S3::Object", "values": ["arn:aws:s3"]}]}]
)
DETECTOR = Declared(
    "aws:guardduty/detector:Detector",
    {"enable": True, "findingPublishingFrequency": "FIFTEEN_MINUTES"},
)

TWINS = {
    "bulkhead-cloudtrail-cover-account": Twins(
        good=(TRAIL,),
        bad=(TRAIL.without("isMultiRegionTrail"),),
        unknown=(TRAIL.but("isMultiRegionTrail", UNKNOWN),),
        more_bad={
            "off": (TRAIL.but("enableLogging", False),),
            "without IAM": (TRAIL.but("includeGlobalServiceEvents", False),),
        },
    ),
    "bulkhead-cloudtrail-validate-logs": Twins(
        good=(TRAIL,),
        bad=(TRAIL.without("enableLogFileValidation"),),
        unknown=(TRAIL.but("enableLogFileValidation", UNKNOWN),),
    ),
    "bulkhead-cloudtrail-encrypt-logs": Twins(
        good=(TRAIL,),
        bad=(TRAIL.without("kmsKeyId"),),
        settled=(TRAIL.but("kmsKeyId", UNKNOWN),),
        more_bad={"empty": (TRAIL.but("kmsKeyId", ""),)},
    ),
    "bulkhead-cloudtrail-record-data": Twins(
        good=(TRAIL,),
        bad=(TRAIL.without("advancedEventSelectors"),),
        unknown=(TRAIL.but("advancedEventSelectors", UNKNOWN),),
        more_good={"simple selectors": (SIMPLE,)},
        more_bad={
            "management alone": (
                TRAIL.but("advancedEventSelectors/0/fieldSelectors/0/equals", ["Management"]),
            ),
            "none named": (SIMPLE.but("eventSelectors/0/dataResources", []),),
        },
    ),
    "bulkhead-guardduty-stay-enabled": Twins(
        good=(DETECTOR,),
        bad=(DETECTOR.but("enable", False),),
        unknown=(DETECTOR.but("enable", UNKNOWN),),
        more_good={"by default": (DETECTOR.without("enable"),)},
    ),
}
