import type { RepositoryStory } from './github/story-types.ts'
import type { PullSource, PullView } from './page/view.ts'

/** The pull requests of the emulator, for the page. Comments come from `you`, who may write to the repository. */
export function pullsOf(repository: RepositoryStory): PullSource {
  const view = (number: number): PullView => {
    const pull = repository.pullRequest(number)
    return {
      number,
      title: pull.title,
      author: pull.author.login,
      state: pull.merged ? 'merged' : pull.state,
      head: pull.headRef,
      base: pull.baseRef,
      comments: repository
        .comments(number)
        .map((comment) => ({ author: comment.author.login, body: comment.body, createdAt: comment.createdAt })),
      checks: repository.checkRuns(pull.headSha).map((run) => ({
        name: run.name,
        status: run.status,
        conclusion: run.conclusion ?? undefined,
        title: run.title ?? undefined,
      })),
    }
  }
  return {
    list: () => repository.pullRequests().map((pull) => view(pull.number)),
    get: (number) => (repository.pullRequests().some((pull) => pull.number === number) ? view(number) : undefined),
    comment: async (number, text) => void (await repository.comment(number, 'you', text)),
  }
}
