/** Files of a small app: a namespace, a ConfigMap and a Deployment with one image. */
export function appFiles(
  folder: string,
  namespace: string,
  options: { readonly image?: string; readonly text?: string; readonly labels?: string } = {},
): Readonly<Record<string, string>> {
  const { image = 'registry.example/web:1.0.0', text = 'hello', labels = '' } = options
  return {
    [`${folder}/namespace.yaml`]: `apiVersion: v1\nkind: Namespace\nmetadata:\n  name: ${namespace}\n`,
    [`${folder}/settings.yaml`]: `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\ndata:\n  text: ${text}\n`,
    [`${folder}/web.yaml`]: `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
  selector:
    matchLabels: { app: web }
  template:
    metadata:
      labels: { app: web${labels} }
    spec:
      containers:
        - name: web
          image: ${image}
`,
  }
}

/** A configuration with these apps: name → folder and namespace. */
export function configuration(
  apps: Readonly<Record<string, { readonly path: string; readonly namespace: string; readonly more?: string }>>,
): string {
  const list = Object.entries(apps).map(
    ([name, { path, namespace, more = '' }]) =>
      `  - name: ${name}\n    path: ${path}\n    namespace: ${namespace}\n${more}`,
  )
  return `version: 1\napps:\n${list.join('')}`
}
