"""The report for people: one page of HTML that stands for itself, made from a record of a model.

story     what happens in a witness, in sentences
defects   a defect as its section tells it
sections  what the other sections say
page      all of it through the templates
"""

from lockmodel.report.review.page import Pictures, Rules, review_html

__all__ = ["Pictures", "Rules", "review_html"]
