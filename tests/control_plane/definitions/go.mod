module bulkhead.dev/tests/definitions

go 1.26.8

require (
	github.com/aws/karpenter-provider-aws v1.14.0
	github.com/envoyproxy/ai-gateway v1.0.0
	github.com/envoyproxy/gateway v1.9.1
	github.com/kedacore/keda/v2 v2.20.0
	github.com/kubeflow/training-operator v1.8.1
	github.com/sigstore/policy-controller v0.14.0
	sigs.k8s.io/agent-sandbox v0.5.0
	sigs.k8s.io/jobset v0.11.0
	sigs.k8s.io/kueue v0.19.0
	sigs.k8s.io/secrets-store-csi-driver v1.5.4
)
