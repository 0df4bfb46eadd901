"""Stage 3: the intermediate representation.

Small frozen records: types (`types`), code (`nodes`), the kernel operations (`operations`), what a scenario starts from
(`setup`), the state record that both searches share (`layout`), the rules of well-formedness (`rules`) and a stable
text form (`text`). It cannot express recursion without a bound, addresses of locals, or pointer arithmetic.
"""
