import pulumi
import pulumi_kubernetes as k8s

match pulumi.Config().get("what"):
    case "chart":
        k8s.helm.v3.Chart("chart", k8s.helm.v3.LocalChartOpts(path="."))
    case "kustomize":
        k8s.kustomize.Directory("overlay", ".")
    case _:
        k8s.yaml.ConfigFile("file", file="objects/two.yaml")
        k8s.yaml.ConfigGroup("group", files=["objects/*.yaml"], resource_prefix="again")
