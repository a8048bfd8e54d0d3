"""What programs do with the Python client: typed and dynamic, patches, server-side apply, watches and errors. Prints `works`."""

import threading

from kubernetes import client, config, dynamic, utils, watch
from kubernetes.client.rest import ApiException

NAMESPACE = "default"
LABEL = "made-by=python"


def config_map(name, **data):
    meta = client.V1ObjectMeta(name=name, labels={"made-by": "python"})
    return client.V1ConfigMap(metadata=meta, data=data)


def typed(core):
    core.create_namespaced_config_map(NAMESPACE, config_map("python-typed", a="1"))
    try:
        core.create_namespaced_config_map(NAMESPACE, config_map("python-typed"))
        raise AssertionError("the same name twice")
    except ApiException as error:
        assert (error.status, error.reason) == (409, "Conflict"), error
    core.patch_namespaced_config_map("python-typed", NAMESPACE, {"data": {"b": "2"}})
    read = core.read_namespaced_config_map("python-typed", NAMESPACE)
    assert read.data == {"a": "1", "b": "2"}, read.data
    assert read.metadata.creation_timestamp.tzinfo is not None
    read.data["a"] = "replaced"
    replaced = core.replace_namespaced_config_map("python-typed", NAMESPACE, read)
    assert replaced.metadata.resource_version != read.metadata.resource_version
    try:
        core.replace_namespaced_config_map("python-typed", NAMESPACE, read)
        raise AssertionError("an old version replaced a new one")
    except ApiException as error:
        assert error.status == 409, error


def paged(core):
    for n in range(5):
        core.create_namespaced_config_map(NAMESPACE, config_map(f"python-page-{n}"))
    names, token = [], None
    while True:
        page = core.list_namespaced_config_map(NAMESPACE, label_selector=LABEL, limit=2, _continue=token)
        names += [item.metadata.name for item in page.items]
        token = page.metadata._continue
        if not token:
            break
    assert names == [f"python-page-{n}" for n in range(5)] + ["python-typed"], names


def watched(core):
    version = core.list_namespaced_config_map(NAMESPACE).metadata.resource_version
    seen, stream = [], watch.Watch()

    def write():
        core.create_namespaced_config_map(NAMESPACE, config_map("python-watched"))
        core.patch_namespaced_config_map("python-watched", NAMESPACE, {"data": {"a": "1"}})
        core.delete_namespaced_config_map("python-watched", NAMESPACE)

    thread = threading.Thread(target=write)
    thread.start()
    for event in stream.stream(core.list_namespaced_config_map, NAMESPACE, resource_version=version, timeout_seconds=30):
        seen.append((event["type"], event["object"].metadata.name))
        if event["type"] == "DELETED":
            stream.stop()
    thread.join()
    assert seen == [(kind, "python-watched") for kind in ("ADDED", "MODIFIED", "DELETED")], seen


def from_manifest(api):
    utils.create_from_dict(
        api,
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "python", "namespace": NAMESPACE},
            "spec": {
                "replicas": 2,
                "selector": {"matchLabels": {"app": "python"}},
                "template": {
                    "metadata": {"labels": {"app": "python"}},
                    "spec": {"containers": [{"name": "main", "image": "example.com/main:1"}]},
                },
            },
        },
    )
    apps = client.AppsV1Api(api)
    stream = watch.Watch()
    for event in stream.stream(apps.list_namespaced_deployment, NAMESPACE, timeout_seconds=60):
        if event["object"].metadata.name == "python" and event["object"].status.ready_replicas == 2:
            stream.stop()
    assert apps.read_namespaced_deployment_scale("python", NAMESPACE).status.replicas == 2
    apps.delete_namespaced_deployment("python", NAMESPACE, propagation_policy="Foreground")


def with_custom_resource(api):
    schema = {
        "type": "object",
        "properties": {
            "spec": {
                "type": "object",
                "properties": {"size": {"type": "integer", "minimum": 1, "default": 3}},
            }
        },
    }
    names = {"plural": "snakes", "singular": "snake", "kind": "Snake"}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    client.ApiextensionsV1Api(api).create_custom_resource_definition(
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": "snakes.python.example.com"},
            "spec": {"group": "python.example.com", "scope": "Namespaced", "names": names, "versions": [version]},
        }
    )
    for event in watch.Watch().stream(client.ApiextensionsV1Api(api).list_custom_resource_definition, timeout_seconds=30):
        conditions = event["object"].status.conditions or []
        if any(c.type == "Established" and c.status == "True" for c in conditions):
            break
    snakes = dynamic.DynamicClient(api).resources.get(api_version="python.example.com/v1", kind="Snake")
    body = {"apiVersion": "python.example.com/v1", "kind": "Snake", "metadata": {"name": "kaa"}, "spec": {}}
    made = snakes.server_side_apply(body=body, namespace=NAMESPACE, field_manager="python", force_conflicts=True)
    assert made.spec.size == 3, made
    try:
        custom = client.CustomObjectsApi(api)
        wrong = {"spec": {"size": 0}}
        custom.patch_namespaced_custom_object("python.example.com", "v1", NAMESPACE, "snakes", "kaa", wrong)
        raise AssertionError("a size below the minimum")
    except ApiException as error:
        assert error.status == 422 and "spec.size" in error.body, error


def main():
    config.load_kube_config()
    core, api = client.CoreV1Api(), client.ApiClient()
    typed(core)
    paged(core)
    watched(core)
    from_manifest(api)
    with_custom_resource(api)
    core.delete_collection_namespaced_config_map(NAMESPACE, label_selector=LABEL)
    assert core.list_namespaced_config_map(NAMESPACE, label_selector=LABEL).items == []
    print("works")


main()
