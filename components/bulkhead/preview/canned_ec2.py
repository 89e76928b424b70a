"""Canned answers about zones, images, instance types and networks."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from bulkhead.preview.lookups import Ask
from bulkhead.preview.world import hexadecimal, zone_id

_AMI_OWNERS = {"amazon": "137112412989", "aws-marketplace": "679593333241"}


def _availability_zones(ask: Ask) -> dict[str, Any]:
    excluded = [*(ask.args.get("excludeNames") or ()), *(ask.args.get("excludeZoneIds") or ())]
    found = []
    for zone in ask.zones:
        facts = {
            "group-name": ask.world.region,
            "opt-in-status": "opt-in-not-required",
            "region-name": ask.world.region,
            "state": "available",
            "zone-id": zone_id(zone),
            "zone-name": zone,
            "zone-type": "availability-zone",
        }
        wanted = {name: ask.filtered(name) for name in facts}
        wanted["state"] += [ask.arg("state") or "available"]
        if all(not values or facts[name] in values for name, values in wanted.items()):
            found.append(zone)
    names = [zone for zone in found if not {zone, zone_id(zone)} & set(excluded)]
    return {
        "groupNames": [ask.world.region],
        "id": ask.world.region,
        "names": names,
        "zoneIds": [zone_id(zone) for zone in names],
    }


def _availability_zone(ask: Ask) -> dict[str, Any]:
    wanted = (ask.arg("name"), ask.arg("zoneId"))
    zone = next((z for z in ask.zones if z in wanted or zone_id(z) in wanted), ask.zones[0])
    return {
        "groupName": ask.world.region,
        "id": zone,
        "name": zone,
        "nameSuffix": zone.removeprefix(ask.world.region),
        "optInStatus": "opt-in-not-required",
        "state": "available",
        "zoneId": zone_id(zone),
        "zoneType": "availability-zone",
    }


def _ami(ask: Ask) -> dict[str, Any]:
    names = ask.filtered("name") or [ask.arg("nameRegex") or "image"]
    owner = next(iter(ask.args.get("owners") or ()), "self")
    asked = ask.filtered("architecture")
    is_arm = bool(re.search("arm64|aarch64", names[0]))
    is_windows = "windows" in names[0].lower()
    image = ask.made_id("ami")
    return {
        "architecture": asked[0] if asked else "arm64" if is_arm else "x86_64",
        "arn": f"arn:{ask.world.partition}:ec2:{ask.world.region}::image/{image}",
        "enaSupport": True,
        "hypervisor": "xen",
        "id": image,
        "imageId": image,
        "imageType": "machine",
        "name": names[0].replace("*", "20250101"),
        "ownerId": _AMI_OWNERS.get(owner, owner if owner.isdigit() else ask.world.account),
        "platform": "windows" if is_windows else "",
        "platformDetails": "Windows" if is_windows else "Linux/UNIX",
        "public": owner != "self",
        "rootDeviceName": "/dev/xvda",
        "rootDeviceType": "ebs",
        "state": "available",
        "virtualizationType": "hvm",
    }


def _vpc(_: Ask) -> dict[str, Any]:
    return {
        "cidrBlock": "10.0.0.0/16",
        "enableDnsHostnames": True,
        "enableDnsSupport": True,
        "instanceTenancy": "default",
        "state": "available",
    }


def _subnets(ask: Ask) -> dict[str, Any]:
    # The last digit tells the zone to getSubnet.
    return {"ids": [f"{ask.made_id('subnet')[:-1]}{i}" for i in range(len(ask.zones))]}


def _subnet(ask: Ask) -> dict[str, Any]:
    subnet = ask.arg("id") or ask.made_id("subnet")
    number = int(subnet[-1], 16) if subnet[-1] in "0123456789abcdef" else 0
    zone = ask.arg("availabilityZone") or ask.zones[number % len(ask.zones)]
    vpc = next(iter(ask.filtered("vpc-id")), f"vpc-0{hexadecimal(16, ask.world.region)}")
    world = ask.world
    return {
        "arn": f"arn:{world.partition}:ec2:{world.region}:{world.account}:subnet/{subnet}",
        "availabilityZone": zone,
        "availabilityZoneId": zone_id(zone),
        "availableIpAddressCount": 251,
        "cidrBlock": f"10.0.{number}.0/24",
        "id": subnet,
        "state": "available",
        "vpcId": vpc,
    }


def _ids(prefix: str) -> Callable[[Ask], dict[str, Any]]:
    return lambda ask: {"ids": [ask.made_id(prefix)]}


def _offerings(ask: Ask) -> dict[str, Any]:
    locations = {
        "availability-zone": list(ask.zones),
        "availability-zone-id": [zone_id(zone) for zone in ask.zones],
    }.get(ask.arg("locationType") or "region", [ask.world.region])
    asked = ask.filtered("location")
    found = [
        (kind, location)
        for kind in ask.filtered("instance-type") or ["m7i.large"]
        for location in locations
        if not asked or location in asked
    ]
    return {
        "instanceTypes": [kind for kind, _ in found],
        "locations": [location for _, location in found],
        "locationTypes": [ask.arg("locationType") or "region"] * len(found),
    }


def _offering(ask: Ask) -> dict[str, Any]:
    preferred = ask.args.get("preferredInstanceTypes") or ask.filtered("instance-type")
    return {"instanceType": next(iter(preferred), "m7i.large"), "location": ask.world.region}


EC2: Mapping[str, Callable[[Ask], dict[str, Any]]] = {
    "ec2/getAmi": _ami,
    "ec2/getAmiIds": _ids("ami"),
    "ec2/getInstanceTypeOffering": _offering,
    "ec2/getInstanceTypeOfferings": _offerings,
    "ec2/getRouteTables": _ids("rtb"),
    "ec2/getSecurityGroups": _ids("sg"),
    "ec2/getSubnet": _subnet,
    "ec2/getSubnets": _subnets,
    "ec2/getVpc": _vpc,
    "ec2/getVpcs": _ids("vpc"),
    "index/getAvailabilityZone": _availability_zone,
    "index/getAvailabilityZones": _availability_zones,
}
"""Answers by function."""
