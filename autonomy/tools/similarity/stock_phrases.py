"""Phrases of academic English that belong to nobody. Written down for this purpose; `|` parts
them."""

from __future__ import annotations

PHRASES = tuple(
    " ".join(phrase.split())
    for phrase in """
    it is important to note that|it should be noted that|it is worth noting that|it can be seen that
    |it has been shown that|it has been suggested that|it has been argued that|it is clear that
    |it is well known that|it is possible that|it is likely that|it is necessary to
    |on the one hand|on the other hand|at the same time|at the end of the|at the beginning of the
    |in the context of the|in the context of|in the case of the|in the case of|in the field of
    |in the form of|in the absence of|in the presence of|in the light of|in light of the
    |in terms of the|in terms of|in relation to the|in relation to|in addition to the|in addition to
    |in accordance with the|in contrast to the|in contrast to|in comparison with|in comparison to
    |in order to|in line with|in the following|in other words|in the course of|in the process of
    |in recent years|in the past|in the united states|in the united kingdom|in the long run
    |as a result of the|as a result of|as a result|as a consequence of|as a function of|as well as the
    |as well as|as opposed to|as far as|as long as|as can be seen|as shown in figure|as shown in table
    |as part of the|as one of the most|as one of the
    |the results of this study|the results of the study|the results of the|the results show that
    |the results suggest that|the results indicate that|these results suggest that
    |these findings suggest that|our results suggest that|our findings suggest that
    |the findings of this study|the aim of this study was to|the aim of this study is to
    |the aim of this paper is to|the purpose of this study was to|the purpose of this study is to
    |the purpose of this paper is to|the objective of this study|the present study|this paper presents
    |this study was conducted|this study aims to|this paper is organized as follows
    |this paper is organised as follows|the rest of the paper is organized as follows
    |the rest of this paper is organised as follows|further research is needed to
    |further research is needed|more research is needed to|future research should
    |there is a need for|there is a need to|there is no evidence that|there is evidence that
    |there was no significant difference between|there were no significant differences between
    |there is a significant difference between|there has been a|there have been|there are a number of
    |a large number of|a small number of|a number of|a wide range of|a wide variety of|a variety of
    |a great deal of|a significant increase in|a significant decrease in|a lack of
    |the fact that the|the fact that|the extent to which the|the extent to which|the way in which
    |the ways in which|the nature of the|the role of the|the role of|the use of the|the use of
    |the effect of|the effects of|the impact of|the relationship between the|the relationship between
    |the difference between the|the difference between|the majority of the|the majority of
    |the rest of the|one of the most important|one of the most|one of the main|one of the
    |some of the most|most of the|each of the|both of these|all of the
    |due to the fact that|due to the|because of the|with respect to the|with respect to
    |with regard to the|with regard to|with the exception of|with the help of|on the basis of the
    |on the basis of|on the part of|on behalf of|by means of|by the end of the|for the purpose of
    |for the first time|for example in|for instance in|from the point of view of|from the perspective of
    |has been shown to be|have been shown to|has been found to|is likely to be|are likely to be
    |is one of the most|is based on the|are based on the|are more likely to|is defined as the
    |is associated with|was associated with|were found to be|can be used to|may be due to
    |plays an important role in|play an important role in|plays a key role in|play a key role in
    |not only but also|not only because|to a large extent|to a certain extent|to what extent
    |to the best of our knowledge|to the fact that|over the course of|over the past decade
    |over the last decade|under the terms of|when it comes to|while at the same time
    |according to the|along with the|as discussed above|as mentioned above|as described above
    |as follows|so as to|such as the|that is to say|up to the|whether or not the|whether or not
    """.split("|")
    if phrase.split()
)
