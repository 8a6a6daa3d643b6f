"""The platform's promises as code: a class each, judged from evidence that `infra/audit` gathers or a test makes.

Nothing here imports a service, opens a connection or reads a file.
"""
