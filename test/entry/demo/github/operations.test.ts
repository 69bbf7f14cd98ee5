import { expect, test } from 'vitest'
import { begin, octokit, receive } from './support.ts'

test('each operation is answered as GitHub describes it', async () => {
  const { github, stop } = await begin()
  const repo = await github.createRepository({ owner: 'acme', name: 'gitops', files: { 'a/b.yaml': 'a: 1\nb: 2\n' } })
  repo.setPermission('ann', 'write')
  repo.addToTeam('platform', 'ann')
  const number = await repo.openPullRequest({
    head: 'topic',
    title: 'Change',
    author: 'ann',
    files: { 'a/b.yaml': 'a: 2\nb: 2\n', 'c d.yaml': 'x' },
  })
  const app = octokit(github),
    api = octokit(github, repo.installationId)
  const at = { owner: 'acme', repo: 'gitops' }
  const sha = (await repo.head('topic')) ?? ''
  const calls: Record<string, () => Promise<unknown>> = {
    app: () => app.rest.apps.getAuthenticated(),
    installs: () => app.rest.apps.listInstallations(),
    inst: () => app.rest.apps.getRepoInstallation(at),
    deliveries: () => app.rest.apps.listWebhookDeliveries(),
    repos: () => api.rest.apps.listReposAccessibleToInstallation(),
    repo: () => api.rest.repos.get(at),
    pull: () => api.rest.pulls.get({ ...at, pull_number: number }),
    pulls: () => api.rest.pulls.list({ ...at, state: 'open', head: 'acme:topic' }),
    files: () => api.rest.pulls.listFiles({ ...at, pull_number: number }),
    commits: () => api.rest.pulls.listCommits({ ...at, pull_number: number }),
    reviews: () => api.rest.pulls.listReviews({ ...at, pull_number: number }),
    review: () => api.rest.pulls.createReview({ ...at, pull_number: number, event: 'APPROVE', body: 'ok' }),
    assoc: () => api.rest.repos.listPullRequestsAssociatedWithCommit({ ...at, commit_sha: sha }),
    comment: async () => {
      const c = await api.rest.issues.createComment({ ...at, issue_number: number, body: 'hi' })
      await api.rest.issues.updateComment({ ...at, comment_id: c.data.id, body: 'hi 2' })
      await api.rest.reactions.createForIssueComment({ ...at, comment_id: c.data.id, content: 'eyes' })
      await api.rest.reactions.listForIssueComment({ ...at, comment_id: c.data.id })
      await api.rest.issues.getComment({ ...at, comment_id: c.data.id })
      await api.rest.issues.listComments({ ...at, issue_number: number })
    },
    issue: () => api.rest.issues.get({ ...at, issue_number: number }),
    newissue: () => api.rest.issues.create({ ...at, title: 'x', body: 'y' }),
    listissues: () => api.rest.issues.listForRepo({ ...at }),
    check: async () => {
      const c = await api.rest.checks.create({
        ...at,
        name: 'drydock',
        head_sha: sha,
        status: 'in_progress',
        external_id: 'x',
      })
      await api.rest.checks.update({
        ...at,
        check_run_id: c.data.id,
        conclusion: 'success',
        output: {
          title: 't',
          summary: 's',
          annotations: [{ path: 'a', start_line: 1, end_line: 1, annotation_level: 'notice', message: 'm' }],
        },
      })
      await api.rest.checks.get({ ...at, check_run_id: c.data.id })
      await api.rest.checks.listAnnotations({ ...at, check_run_id: c.data.id })
      await api.rest.checks.listForRef({ ...at, ref: 'topic', check_name: 'drydock', filter: 'latest' })
      await api.rest.checks.listSuitesForRef({ ...at, ref: sha })
      await api.rest.checks.rerequestRun({ ...at, check_run_id: c.data.id })
    },
    status: () => api.rest.repos.createCommitStatus({ ...at, sha, state: 'success', context: 'x' }),
    combined: () => api.rest.repos.getCombinedStatusForRef({ ...at, ref: sha }),
    statuses: () => api.rest.repos.listCommitStatusesForRef({ ...at, ref: sha }),
    deploy: async () => {
      const d = await api.rest.repos.createDeployment({
        ...at,
        ref: sha,
        auto_merge: false,
        required_contexts: [],
        environment: 'a/b',
        payload: { x: 1 },
      })
      if (d.status !== 201) throw new Error('202')
      await api.rest.repos.createDeploymentStatus({
        ...at,
        deployment_id: d.data.id,
        state: 'success',
        log_url: 'http://x/y',
        description: 'd',
      })
      await api.rest.repos.listDeployments({ ...at, environment: 'a/b' })
      await api.rest.repos.listDeploymentStatuses({ ...at, deployment_id: d.data.id })
    },
    perm: () => api.rest.repos.getCollaboratorPermissionLevel({ ...at, username: 'ann' }),
    team: () => api.rest.teams.getMembershipForUserInOrg({ org: 'acme', team_slug: 'platform', username: 'ann' }),
    user: () => api.rest.users.getByUsername({ username: 'ann' }),
    rate: () => api.rest.rateLimit.get(),
    content: () => api.rest.repos.getContent({ ...at, path: 'a/b.yaml' }),
    dir: () => api.rest.repos.getContent({ ...at, path: 'a' }),
    root: () => api.rest.repos.getContent({ ...at, path: '' }),
    put: () =>
      api.rest.repos.createOrUpdateFileContents({
        ...at,
        path: 'n/ew.txt',
        message: 'm',
        content: Buffer.from('x').toString('base64'),
      }),
    commit: () => api.rest.repos.getCommit({ ...at, ref: 'topic' }),
    compare: () => api.rest.repos.compareCommitsWithBasehead({ ...at, basehead: 'main...topic' }),
    branch: () => api.rest.repos.getBranch({ ...at, branch: 'main' }),
    branches: () => api.rest.repos.listBranches({ ...at }),
    ref: () => api.rest.git.getRef({ ...at, ref: 'heads/main' }),
    refs: () => api.rest.git.listMatchingRefs({ ...at, ref: 'heads/' }),
    create: () => api.rest.git.createRef({ ...at, ref: 'refs/heads/x/y', sha }),
    update: () => api.rest.git.updateRef({ ...at, ref: 'heads/x/y', sha: sha }),
    delref: () => api.rest.git.deleteRef({ ...at, ref: 'heads/x/y' }),
    gitcommit: () => api.rest.git.getCommit({ ...at, commit_sha: sha }),
    tree: () => api.rest.git.getTree({ ...at, tree_sha: sha, recursive: '1' }),
    rules: () => api.rest.repos.getBranchRules({ ...at, branch: 'main' }),
    merge: () => api.rest.pulls.merge({ ...at, pull_number: number, sha, merge_method: 'squash' }),
    pull2: () => api.rest.pulls.get({ ...at, pull_number: number }),
  }
  const failed: string[] = []
  for (const [name, call] of Object.entries(calls)) {
    await call().catch((error: unknown) => failed.push(`${name}: ${error}`))
  }
  expect(failed).toEqual([])
  expect(github.violations).toEqual([])
  await stop()
})

test('each webhook is shaped as GitHub describes it', async () => {
  const { github, stop } = await begin()
  const hook = await receive()
  github.setWebhookUrl(hook.url)
  const repo = await github.createRepository({ owner: 'acme', name: 'gitops', files: { 'a.yaml': 'a: 1\n' } })
  await github.createRepository({ owner: 'acme', name: 'second' })
  const personal = await github.createRepository({ owner: 'eve', name: 'mine', user: true })
  await personal.commit('main', { b: 'b' }, 'Push', 'eve')
  const api = octokit(github, repo.installationId)
  const check = (head_sha: string, conclusion: 'success' | 'failure') =>
    api.rest.checks.create({
      owner: 'acme',
      repo: 'gitops',
      name: 'drydock',
      head_sha,
      conclusion,
      actions: [{ label: 'Go', description: 'Goes', identifier: 'go' }],
    })
  repo.requireCheck('main', 'drydock')
  const files = { 'a.yaml': 'a: 2\n' }
  const number = await repo.openPullRequest({ head: 'topic', title: 'Change', author: 'ann', files, draft: true })
  await repo.commit('topic', { 'b.yaml': 'b: 1\n' }, 'More', 'ann')
  const comment = await repo.comment(number, 'bob', '/plan')
  await repo.editComment(comment, '/help')
  await repo.deleteComment(comment, 'bob')
  await repo.review(number, 'bob', 'APPROVED')
  await repo.editPullRequest(number, 'ann', { title: 'Other', body: 'Why', draft: false })
  await repo.closePullRequest(number, 'ann')
  await repo.reopenPullRequest(number, 'ann')
  const { data: run } = await check(repo.pullRequest(number).headSha, 'success')
  repo.rerequest(run.id, 'ann')
  repo.pressButton(run.id, 'go', 'ann')
  await check((await repo.enqueueMergeGroup(number, 'ann')).headSha, 'failure')
  await check((await repo.enqueueMergeGroup(number, 'ann')).headSha, 'success')
  await repo.deleteBranch('topic', 'ann')
  await github.idle()
  expect(github.violations).toEqual([])
  expect(new Set(github.deliveries.map((each) => [each.event, each.action].join('.')))).toEqual(
    new Set([
      ...['installation.created', 'installation_repositories.added', 'push.', 'pull_request_review.submitted'],
      ...['opened', 'synchronize', 'edited', 'ready_for_review', 'closed', 'reopened', 'enqueued', 'dequeued'].map(
        (action) => `pull_request.${action}`,
      ),
      ...['created', 'edited', 'deleted'].map((action) => `issue_comment.${action}`),
      ...['created', 'completed', 'rerequested', 'requested_action'].map((action) => `check_run.${action}`),
      ...['requested', 'completed'].map((action) => `check_suite.${action}`),
      ...['checks_requested', 'destroyed'].map((action) => `merge_group.${action}`),
    ]),
  )
  expect(hook.got).toHaveLength(github.deliveries.length)
  await hook.stop()
  await stop()
})
