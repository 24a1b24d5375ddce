"""Generated tests are run in the user's project, replayed under the recorder, and judged."""
