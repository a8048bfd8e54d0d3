package main

import (
	"context"
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	appsv1apply "k8s.io/client-go/applyconfigurations/apps/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/util/retry"
)

const namespace = "default"

// useTypedClients makes, watches, changes and deletes a Deployment with client-go's typed clients and informers.
func useTypedClients(ctx context.Context, clients kubernetes.Interface) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	factory := informers.NewSharedInformerFactoryWithOptions(clients, 0, informers.WithNamespace(namespace))
	lister := factory.Apps().V1().Deployments().Lister().Deployments(namespace)
	factory.Start(ctx.Done())
	for kind, synced := range factory.WaitForCacheSync(ctx.Done()) {
		if !synced {
			return fmt.Errorf("the cache of %v did not fill", kind)
		}
	}

	deployments := clients.AppsV1().Deployments(namespace)
	made, err := deployments.Create(ctx, deployment(), metav1.CreateOptions{FieldValidation: "Strict"})
	if err != nil {
		return fmt.Errorf("create: %w", err)
	}
	if *made.Spec.RevisionHistoryLimit != 10 || made.Spec.Template.Spec.Containers[0].ImagePullPolicy != corev1.PullIfNotPresent {
		return fmt.Errorf("create: no defaults in %v", made.Spec)
	}
	if _, err := deployments.Create(ctx, deployment(), metav1.CreateOptions{}); !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("a second create: %v", err)
	}
	if err := seen(ctx, lister.Get, func(d *appsv1.Deployment) bool { return d.UID == made.UID }); err != nil {
		return fmt.Errorf("informer after create: %w", err)
	}
	if err := change(ctx, clients); err != nil {
		return err
	}
	if err := seen(ctx, lister.Get, func(d *appsv1.Deployment) bool {
		return *d.Spec.Replicas == 3 && d.Labels["patched"] == "yes" && d.Annotations["applied"] == "yes" && d.Spec.Paused
	}); err != nil {
		return fmt.Errorf("informer after changes: %w", err)
	}

	foreground := metav1.DeletePropagationForeground
	options := metav1.DeleteOptions{PropagationPolicy: &foreground, Preconditions: metav1.NewUIDPreconditions(string(made.UID))}
	if err := deployments.Delete(ctx, made.Name, options); err != nil {
		return fmt.Errorf("delete: %w", err)
	}
	return wait.PollUntilContextCancel(ctx, 50*time.Millisecond, true, func(context.Context) (bool, error) {
		_, err := lister.Get(made.Name)
		return apierrors.IsNotFound(err), nil
	})
}

// change writes the Deployment in every way there is: its scale, a patch, an apply, and an update that is tried again on conflicts.
func change(ctx context.Context, clients kubernetes.Interface) error {
	deployments := clients.AppsV1().Deployments(namespace)
	scale := &autoscalingv1.Scale{
		ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: namespace},
		Spec:       autoscalingv1.ScaleSpec{Replicas: 3},
	}
	if _, err := deployments.UpdateScale(ctx, "web", scale, metav1.UpdateOptions{}); err != nil {
		return fmt.Errorf("scale: %w", err)
	}
	patch := []byte(`{"metadata":{"labels":{"patched":"yes"}}}`)
	if _, err := deployments.Patch(ctx, "web", types.StrategicMergePatchType, patch, metav1.PatchOptions{}); err != nil {
		return fmt.Errorf("patch: %w", err)
	}
	applied := appsv1apply.Deployment("web", namespace).WithAnnotations(map[string]string{"applied": "yes"})
	if _, err := deployments.Apply(ctx, applied, metav1.ApplyOptions{FieldManager: "typed"}); err != nil {
		return fmt.Errorf("apply: %w", err)
	}
	err := retry.RetryOnConflict(retry.DefaultRetry, func() error {
		current, err := deployments.Get(ctx, "web", metav1.GetOptions{})
		if err != nil {
			return err
		}
		current.Spec.Paused = true
		_, err = deployments.Update(ctx, current, metav1.UpdateOptions{})
		return err
	})
	if err != nil {
		return fmt.Errorf("update: %w", err)
	}
	return nil
}

// seen waits until the informer's cache holds the wanted Deployment.
func seen(ctx context.Context, get func(string) (*appsv1.Deployment, error), wanted func(*appsv1.Deployment) bool) error {
	return wait.PollUntilContextCancel(ctx, 20*time.Millisecond, true, func(context.Context) (bool, error) {
		found, err := get("web")
		return err == nil && wanted(found), nil
	})
}

func deployment() *appsv1.Deployment {
	labels := map[string]string{"app": "web"}
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: namespace},
		Spec: appsv1.DeploymentSpec{
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "web", Image: "example.com/web:1"}}},
			},
		},
	}
}
