import { defineConfig } from 'vitest/config'

const folders = {
  platform: ['packages/platform/{src,test}/**/*.test.ts', 'scripts/{printed,strangers}.test.ts'],
  rest: ['packages/*/{src,test}/**/*.test.ts', 'scripts/**/*.test.ts', 'e2e/**/*.test.ts'],
}

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    projects: [
      // The platform's tests, and those of what it prints, share one embedded PostgreSQL; it starts only when one of them runs.
      {
        extends: true,
        test: { name: 'platform', include: folders.platform, globalSetup: ['packages/platform/test/global-setup.ts'] },
      },
      {
        extends: true,
        test: { name: 'rest', include: folders.rest, exclude: ['**/node_modules/**', ...folders.platform] },
      },
    ],
  },
})
